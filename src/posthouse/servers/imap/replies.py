"""The one table from kinds of refusal to IMAP responses (RFC 5530)."""

import logging

import asyncpg

from posthouse.foundation import errors
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import ImapError
from posthouse.servers.signing_in import ActsAsAnother

log = logging.getLogger(__name__)

# The first that fits; a kind stands before the kinds it is derived from.
_CODES: tuple[tuple[type[errors.Refusal], str], ...] = (
    (errors.NotFound, "NONEXISTENT"),
    (errors.Conflict, "ALREADYEXISTS"),
    (errors.Denied, "NOPERM"),
    (ActsAsAnother, "AUTHORIZATIONFAILED"),
    (errors.Unauthenticated, "AUTHENTICATIONFAILED"),
    (errors.Full, "OVERQUOTA"),  # RFC 9208 4.3.1
    (errors.TooLarge, "OVERQUOTA"),
    (errors.Invalid, "CANNOT"),
    (errors.Busy, "UNAVAILABLE"),
)
_DATABASE_IS_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def refusal(error: Exception, *, tag: bytes) -> bytes:
    """The tagged response for a command that ended in `error`, without what broke inside."""
    if isinstance(error, ImapError):
        return responses.condition(error.condition, error.text, tag=tag, code=error.code)
    if isinstance(error, errors.Refusal):
        code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
        return responses.condition("NO", error.reason, tag=tag, code=code)
    note(error)
    if isinstance(error, _DATABASE_IS_AWAY):
        return responses.condition("NO", "Try again later", tag=tag, code="UNAVAILABLE")
    return responses.condition("NO", "Something broke on our side", tag=tag, code="SERVERBUG")


def note(error: Exception) -> None:
    """Log what the operator should know of an unexpected error."""
    if isinstance(error, _DATABASE_IS_AWAY):
        log.warning("imap: the store does not answer (%s)", type(error).__name__)
    else:
        log.error("imap: a command failed", exc_info=error)
