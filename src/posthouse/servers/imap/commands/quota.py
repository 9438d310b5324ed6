"""QUOTA (RFC 9208). A mailbox with limits is a quota root of its own, named by its address."""

from collections.abc import Iterator

from posthouse.mail.quotas.model import MailboxUsage
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.responses import astring, parenthesised
from posthouse.servers.imap.session import Done, Session

_UNIT = 1024  # RFC 9208 5.1: STORAGE counts units of 1024 octets


async def get_quota(session: Session, command: c.GetQuota) -> Done:
    session.untagged(_quota(await _find(session, command.root)))
    return Done("Quota told")


async def get_quota_root(session: Session, command: c.GetQuotaRoot) -> Done:
    """RFC 9208 4.1.2: for a folder that does not exist, too: what it would count in."""
    found = await session.store.quota_of(command.mailbox)
    name = session.mailbox(command.mailbox)
    if not _is_limited(found):
        session.untagged(b"QUOTAROOT " + name)
        return Done("There is no limit")
    session.untagged(b"QUOTAROOT %b %b" % (name, _root(found)))
    session.untagged(_quota(found))
    return Done("Quota told")


async def set_quota(session: Session, command: c.SetQuota) -> Done:
    """RFC 9208 4.1.3, without QUOTASET: limits are set by administrators, not by mail programs."""
    await _find(session, command.root)
    raise Refusal("Limits are set by an administrator", code="NOPERM")


async def _find(session: Session, root: str) -> MailboxUsage:
    for each in await session.store.quotas():
        if each.address == root and _is_limited(each):
            return each
    raise Refusal("There is no such quota root", code="NONEXISTENT")


def _is_limited(found: MailboxUsage) -> bool:
    return bool(found.usage.limits.octets or found.usage.limits.messages)


def _quota(found: MailboxUsage) -> bytes:
    """`QUOTA anna@acme.example (STORAGE 10 512)`"""
    return b"QUOTA %b %b" % (_root(found), parenthesised(_resources(found)))


def _root(found: MailboxUsage) -> bytes:
    return astring(found.address.encode("utf-8"))


def _resources(found: MailboxUsage) -> Iterator[bytes]:
    usage = found.usage
    if usage.limits.octets:
        # Rounded so that what is full looks full, and what is not does not.
        limit = max(1, usage.limits.octets // _UNIT)
        yield b"STORAGE %d %d" % (usage.octets // _UNIT, limit)
    if usage.limits.messages:
        yield b"MESSAGE %d %d" % (usage.messages, usage.limits.messages)
