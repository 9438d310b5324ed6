"""Mail of linked accounts whose service sends by itself: to all of its recipients at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.errors import (
    AccountError,
    Forbidden,
    Refused,
    SignInRefused,
    Throttled,
    Unsupported,
)
from posthouse.mail.accounts.keyed.sending import Unclear, send_by_account
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.protocols import mime
from posthouse.protocols.smtp.envelope import Fate, Stage
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox.model import Outcome, Parcel, Trouble
from posthouse.sending.outbox.sites import Service

SQL = load_queries("posthouse.sending.outbox", "services.sql")
# As many as are leased together; more cannot be kept together.
_MOST = 100
_TOGETHER = timedelta(seconds=30)
_SENT = Reply(250, "The account's service took it", "2.0.0")
_APART = Reply(451, "It waits for its other recipients: the service takes all at once", "4.3.0")
_TOO_MANY = Reply(550, f"The account's service takes {_MOST} recipients at most", "5.5.3")
_OTHERS = Reply(550, "The service would send it to others whom the message names, too", "5.6.0")
_UNCLEAR = Reply(451, "The service did not say whether it took the message", "4.4.2")


@dataclass(frozen=True, slots=True)
class _Answer:
    reply: Reply
    fate: Fate
    trouble: Trouble | None = None
    stage: Stage = Stage.BODY
    again_at: datetime | None = None


async def by_service(database: Database, way: Service, parcels: Sequence[Parcel]) -> list[Outcome]:
    """One message, to all its recipients. Never raises for what others do."""
    answer = await _fit(database, parcels)
    if answer is None:
        answer = await _sent(database, way, parcels)
    return [
        Outcome(
            parcel=parcel,
            fate=answer.fate,
            reply=answer.reply,
            host=way.host,
            stage=answer.stage,
            site=way.site,
            again_at=answer.again_at,
            trouble=answer.trouble,
        )
        for parcel in parcels
    ]


async def _fit(database: Database, parcels: Sequence[Parcel]) -> _Answer | None:
    """Why it cannot go now, or at all: a service sends to whoever stands in the header."""
    first = parcels[0]
    async with database.workspace(first.leased.workspace_id) as tx:
        row = await tx.row(
            SQL["others_waiting"],
            workspace_id=tx.workspace,
            outbox_message_id=first.message.id,
            recipient_ids=[parcel.leased.recipient_id for parcel in parcels],
        )
    assert row is not None
    if row["total"] > _MOST:
        return _Answer(_TOO_MANY, Fate.PERMANENT)
    if row["waiting"]:
        # At the same moment for all of them, so that they are leased together.
        now = clock.now().timestamp()
        again = (now // _TOGETHER.total_seconds() + 1) * _TOGETHER.total_seconds()
        at = datetime.fromtimestamp(again, clock.now().tzinfo)
        return _Answer(_APART, Fate.TEMPORARY, again_at=at)
    scan = mime.scan(_header(first.message.content))
    if not _named(scan) <= {mime.canonical(parcel.address) for parcel in parcels}:
        return _Answer(_OTHERS, Fate.PERMANENT)
    return None


async def _sent(database: Database, way: Service, parcels: Sequence[Parcel]) -> _Answer:
    message, leased = parcels[0].message, parcels[0].leased
    raw = _with_bcc(message.content, [parcel.address for parcel in parcels])
    try:
        await send_by_account(
            database, leased.workspace_id, way.account_id, message.mailbox_message_id, raw
        )
    except Unclear:
        return _Answer(_UNCLEAR, Fate.UNCLEAR, Trouble.AWAY)
    except SignInRefused as error:
        # A provider may take back an access token before its time; the next one is good.
        tokens = await tokens_of(database)
        await tokens.distrust(leased.workspace_id, way.account_id)
        reply = Reply(454, error.said or error.what, "4.7.0")
        return _Answer(reply, Fate.TEMPORARY, Trouble.SIGN_IN, Stage.AUTH)
    except Unsupported as error:
        return _Answer(Reply(552, error.what, "5.3.4"), Fate.PERMANENT)
    except (Refused, Forbidden) as error:
        reply = Reply(550, error.said or error.what, "5.7.1")
        return _Answer(reply, Fate.PERMANENT, Trouble.REFUSED)
    except Throttled as error:
        words = f"{error.said or error.what} (try again in {max(1, round(error.seconds))} s)"
        return _Answer(Reply(451, words, "4.7.1"), Fate.TEMPORARY)
    except AccountError as error:
        reply = Reply(451, error.said or error.what, "4.4.1")
        return _Answer(reply, Fate.TEMPORARY, Trouble.AWAY, Stage.CONNECT)
    return _Answer(_SENT, Fate.DELIVERED)


def _with_bcc(content: bytes, recipients: Sequence[str]) -> bytes:
    """Whom To and Cc do not name, the service learns from Bcc, and takes that off."""
    trace, rest = mime.split_trace(content)
    named = _named(mime.scan(_header(rest)))
    hidden = [each for each in recipients if mime.canonical(each) not in named]
    if not hidden:
        return content
    return trace + b"Bcc: " + ",\r\n ".join(hidden).encode() + b"\r\n" + rest


def _named(scan: mime.Scan) -> set[str]:
    return {
        mime.canonical(person.address)
        for name in (b"to", b"cc")
        for person in mime.addresses(scan, name)
    }


def _header(content: bytes) -> bytes:
    end = content.find(b"\r\n\r\n")
    return content if end < 0 else content[: end + 4]
