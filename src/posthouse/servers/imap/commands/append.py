"""APPEND: messages in, with APPENDUID (RFC 4315). Those sent in one go are filed together."""

from posthouse.foundation.errors import NotFound
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.mime import without_nul
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import NewMessage, Place

_TOGETHER_OCTETS = 4 * 1024 * 1024
_TOGETHER = 64


async def append(session: Session, command: c.Append) -> Done:
    if not command.message:
        raise Refusal("An empty message cannot be kept", code="CANNOT")
    together = [command, *_sent_ahead(session, command)]
    messages = [
        NewMessage(raw=_fit(one.message), flags=one.flags, internal_date=one.internal_date)
        for one in together
    ]
    try:
        place, uids = await session.store.append(command.mailbox, messages)
    except NotFound as error:
        raise Refusal(error.reason, code="TRYCREATE") from error
    for one, uid in zip(together[:-1], uids[:-1], strict=True):
        session.complete(one.tag, "Appended", code=_append_uid(place, uid))
    return Done("Appended", code=_append_uid(place, uids[-1]), tag=together[-1].tag)


def _fit(message: bytes) -> bytes:
    """RFC 3516 4.4: binary parts are kept as base64, which every way out can carry."""
    fit = without_nul(message)
    if fit is None:
        raise Refusal("NUL stands where no encoding helps", code="UNKNOWN-CTE")
    return fit


def _sent_ahead(session: Session, command: c.Append) -> list[c.Append]:
    octets = len(command.message)

    def fits(other: c.Command) -> bool:
        nonlocal octets
        if not isinstance(other, c.Append) or other.mailbox != command.mailbox:
            return False
        octets += len(other.message)
        if not other.message or b"\x00" in other.message:  # may be refused: by itself
            return False
        return octets <= _TOGETHER_OCTETS

    following = session.following(fits, limit=_TOGETHER - 1)
    return [one for one in following if isinstance(one, c.Append)]


def _append_uid(place: Place, uid: int) -> str:
    return f"APPENDUID {place.folder.uid_validity} {uid}"
