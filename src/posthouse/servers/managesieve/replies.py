"""The one table from kinds of refusal to response codes (RFC 5804 1.3)."""

import logging

import asyncpg

from posthouse.foundation import errors
from posthouse.protocols.managesieve import responses
from posthouse.protocols.managesieve.errors import BadCommand

log = logging.getLogger(__name__)

_DATABASE_IS_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Coded(Exception):
    """A refusal with a response code of its own."""

    def __init__(self, text: str, code: bytes) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def refusal(error: Exception, *, conflict: bytes = b"") -> bytes:
    """The response to a command that ended in `error`; `conflict` is what a Conflict means here."""
    if isinstance(error, Coded):
        return responses.no(error.text, code=error.code)
    if isinstance(error, BadCommand):
        return responses.no(error.text)
    if isinstance(error, errors.Refusal):
        return responses.no(error.reason, code=_code(error, conflict))
    if isinstance(error, _DATABASE_IS_AWAY):
        log.warning("managesieve: the store does not answer (%s)", type(error).__name__)
    else:
        log.error("managesieve: a command failed", exc_info=error)
    return responses.no("Try again later.", code=b"TRYLATER")


def _code(error: errors.Refusal, conflict: bytes) -> bytes:
    if isinstance(error, errors.NotFound):
        return b"NONEXISTENT"
    if isinstance(error, errors.TooLarge):
        return b"QUOTA/MAXSIZE"
    if isinstance(error, errors.Conflict):
        return conflict
    return b"TRYLATER" if isinstance(error, errors.Busy) else b""
