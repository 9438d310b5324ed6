"""The one table from kinds of refusal to response codes (RFC 2449 8, RFC 3206)."""

import logging

import asyncpg

from posthouse.foundation import errors
from posthouse.protocols.pop3 import responses
from posthouse.protocols.pop3.errors import BadCommand

log = logging.getLogger(__name__)

# The first that fits. A conflict is one about who has the maildrop.
_CODES: tuple[tuple[type[errors.Refusal], str], ...] = (
    (errors.Conflict, "IN-USE"),
    (errors.Unauthenticated, "AUTH"),
    (errors.Busy, "SYS/TEMP"),
    (errors.NotFound, "SYS/PERM"),
    (errors.Denied, "SYS/PERM"),
)
_DATABASE_IS_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def refusal(error: Exception) -> bytes:
    """The response to a command that ended in `error`, without what broke inside."""
    if isinstance(error, BadCommand):
        return responses.err(error.text)
    if isinstance(error, errors.Refusal):
        code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
        return responses.err(error.reason, code=code)
    note(error)
    return responses.err("Try again later", code="SYS/TEMP")


def note(error: Exception) -> None:
    """Log what the operator should know of an unexpected error."""
    if isinstance(error, _DATABASE_IS_AWAY):
        log.warning("pop3: the store does not answer (%s)", type(error).__name__)
    else:
        log.error("pop3: a command failed", exc_info=error)
