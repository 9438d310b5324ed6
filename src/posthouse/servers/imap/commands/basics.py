"""Of the conversation itself: CAPABILITY, NOOP, LOGOUT, ID, ENABLE, COMPRESS, NAMESPACE."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.imap.responses import quoted
from posthouse.protocols.imap.rules import State
from posthouse.protocols.imap.scanner import Enabled
from posthouse.servers.imap.session import Done, Session
from posthouse.servers.imap.store import OTHERS, SHARED

# How they are named in answers (RFC 5161: in any case).
_ENABLED = {
    "CONDSTORE": "CONDSTORE",
    "QRESYNC": "QRESYNC",
    "UTF8=ACCEPT": "UTF8=ACCEPT",
    "IMAP4REV2": "IMAP4rev2",
}


async def capability(session: Session, command: c.Capability) -> Done:
    session.untagged(b"CAPABILITY " + session.capabilities().encode("ascii"))
    return Done("Capabilities listed")


async def noop(session: Session, command: c.Noop) -> Done:
    """The session tells what is new before it answers."""
    return Done("Nothing done")


async def logout(session: Session, command: c.Logout) -> Done:
    session.goodbye("See you")
    return Done("Signed out")


async def identify(session: Session, command: c.Id) -> Done:
    """RFC 2971: a name, and nothing that helps to look up weaknesses."""
    session.untagged(b'ID ("name" "Posthouse")')
    return Done("Pleased to meet you")


async def enable(session: Session, command: c.Enable) -> Done:
    """RFC 5161: what we do not know is passed over in silence."""
    enabled = [name for name in _ENABLED if name in command.capabilities]
    session.qresync |= "QRESYNC" in enabled
    session.enabled = Enabled(
        utf8_accept=session.enabled.utf8_accept or "UTF8=ACCEPT" in enabled,
        rev2=session.enabled.rev2 or "IMAP4REV2" in enabled,
    )
    if session.enabled.rev2 and session.state is State.SELECTED:
        session.view.forget_recent()
    session.untagged(" ".join(["ENABLED", *(_ENABLED[name] for name in enabled)]).encode("ascii"))
    if {"CONDSTORE", "QRESYNC"}.intersection(enabled):  # RFC 7162 3.2.3
        session.use_condstore()
    return Done("Enabled")


async def compress(session: Session, command: c.Compress) -> Done | None:
    """RFC 4978 3: the OK is the last that is not deflated."""
    if command.mechanism != "DEFLATE":
        raise BadCommand("There is no such compression")
    if session.connection.compressed:
        raise Refusal("DEFLATE is active already", code="COMPRESSIONACTIVE")
    if session.sent_ahead:
        raise BadCommand("Wait for the answer to COMPRESS")
    session.complete(command.tag, "DEFLATE from here on")
    session.connection.compress()
    return None


async def namespace(session: Session, command: c.Namespace) -> Done:
    """RFC 2342: the member's own names at the root, those of others below one name each kind."""
    seen = await session.store.namespaces()
    told = [
        b"((%b %b))" % (session.mailbox(f"{name}/"), quoted(b"/")) if name in seen else b"NIL"
        for name in (OTHERS, SHARED)
    ]
    session.untagged(b" ".join([b'NAMESPACE (("" "/"))', *told]))
    return Done("Namespaces listed")
