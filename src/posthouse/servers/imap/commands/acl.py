"""Who may do what, told in the letters of RFC 4314; what is given is always a whole mailbox."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.responses import astring
from posthouse.servers.imap.session import Done, Session

_READ = "lr"
_WRITE = "swikxte"  # tied: who may write at all may do all of it
_SEND = "p"
_SHARE = "a"


async def my_rights(session: Session, command: c.MyRights) -> Done:
    place, may_share = await session.store.rights_in(command.mailbox)
    letters = _letters(write=place.access.may_write, send=place.access.may_send, share=may_share)
    session.untagged(b"MYRIGHTS %b %b" % (session.mailbox(place.path), letters))
    return Done("These are your rights")


async def get_acl(session: Session, command: c.GetAcl) -> Done:
    """Only for who decides about the mailbox (RFC 4314 4)."""
    place, held = await session.store.rights_given(command.mailbox)
    told = [
        astring(one.address.encode("utf-8"))
        + b" "
        + _letters(write=one.may_write, send=one.may_send, share=one.owns)
        for one in held
    ]
    session.untagged(b" ".join([b"ACL", session.mailbox(place.path), *told]))
    return Done("These are the rights of others")


async def list_rights(session: Session, command: c.ListRights) -> Done:
    """What somebody always has, then what is given and taken together (RFC 4314 3.7)."""
    place, held = await session.store.rights_given(command.mailbox)
    owns = any(one.owns and one.address == command.identifier for one in held)
    if owns:
        told = _letters(write=True, send=True, share=True)
    else:
        told = b" ".join([b'""', _READ.encode(), _with_old(_WRITE), _SEND.encode()])
    identifier = astring(command.identifier.encode("utf-8"))
    name = session.mailbox(place.path)
    session.untagged(b"LISTRIGHTS %b %b %b" % (name, identifier, told))
    return Done("These are the rights there are")


async def set_acl(session: Session, command: c.SetAcl) -> Done:
    """RFC 4314 3.1 would give rights over one folder; here they are of a mailbox as a whole.

    A client that shares a folder must not open all the others by it, so nothing is given here.
    """
    await session.store.rights_given(command.mailbox)  # who may not share learns that first
    raise Refusal("A mailbox is shared as a whole, and not from a mail program", code="CANNOT")


def _letters(*, write: bool, send: bool, share: bool) -> bytes:
    letters = _READ + _WRITE * write + _SEND * send + _SHARE * share
    return _with_old(letters)


def _with_old(letters: str) -> bytes:
    """With the rights of RFC 2086 that follow from them (RFC 4314 2.1.1)."""
    create = "c" if set("kx") & set(letters) else ""
    delete = "d" if set("te") & set(letters) else ""
    return f"{letters}{create}{delete}".encode("ascii")
