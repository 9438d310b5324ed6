"""The one table from a kind of refusal to an SMTP reply (RFC 5321 4.2.3, RFC 3463)."""

import enum
import errno
import logging

import asyncpg

from posthouse.foundation import errors
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.reply import Reply
from posthouse.security.members import WrongDoor
from posthouse.servers.smtp.backend import NotTogether

logger = logging.getLogger(__name__)


class Moment(enum.Enum):
    """Where in the session a refusal came up."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"
    SIGN_IN = "sign-in"


_CODES: dict[tuple[Moment, type[errors.Refusal]], tuple[int, str]] = {
    (Moment.SENDER, errors.NotFound): (550, "5.1.8"),
    (Moment.SENDER, errors.Denied): (550, "5.7.1"),
    (Moment.SENDER, errors.Unauthenticated): (530, "5.7.0"),
    (Moment.SENDER, errors.Invalid): (553, "5.1.7"),
    (Moment.SENDER, errors.Conflict): (550, "5.7.1"),
    (Moment.SENDER, errors.TooLarge): (552, "5.3.4"),
    (Moment.SENDER, errors.Busy): (451, "4.3.0"),
    (Moment.RECIPIENT, errors.NotFound): (550, "5.1.1"),
    (Moment.RECIPIENT, errors.Denied): (550, "5.7.1"),
    (Moment.RECIPIENT, errors.Unauthenticated): (530, "5.7.0"),
    (Moment.RECIPIENT, errors.Invalid): (553, "5.1.3"),
    (Moment.RECIPIENT, errors.Conflict): (550, "5.2.1"),
    (Moment.RECIPIENT, errors.TooLarge): (552, "5.2.2"),
    (Moment.RECIPIENT, errors.Busy): (451, "4.3.0"),
    # RFC 3463 3.3: a full mailbox is temporary, until nobody empties it.
    (Moment.RECIPIENT, errors.Full): (452, "4.2.2"),
    (Moment.RECIPIENT, errors.LongFull): (552, "5.2.2"),
    (Moment.RECIPIENT, NotTogether): (452, "4.5.3"),  # RFC 5321 4.5.3.1.10
    (Moment.MESSAGE, errors.NotFound): (550, "5.1.1"),
    (Moment.MESSAGE, errors.Denied): (550, "5.7.1"),
    (Moment.MESSAGE, errors.Unauthenticated): (530, "5.7.0"),
    (Moment.MESSAGE, errors.Invalid): (554, "5.6.0"),
    (Moment.MESSAGE, errors.Conflict): (554, "5.7.0"),
    (Moment.MESSAGE, errors.TooLarge): (552, "5.3.4"),
    (Moment.MESSAGE, errors.Busy): (452, "4.3.1"),
    (Moment.MESSAGE, errors.Full): (452, "4.2.2"),
    (Moment.MESSAGE, errors.LongFull): (552, "5.2.2"),
}


def reply_to(error: Exception, moment: Moment) -> Reply:
    """What to say. Reasons of refusals are for people; everything else stays inside."""
    if isinstance(error, errors.Refusal):
        if isinstance(error, WrongDoor):
            # RFC 4954 6: what policy asks of this member. Who is told so has the right password.
            return Reply(534, error.reason, "5.7.9")
        if moment is Moment.SIGN_IN:
            # Which part was wrong, or that the member is locked out, is nobody's business.
            busy = isinstance(error, errors.Busy)
            return replies.AUTH_UNAVAILABLE if busy else replies.AUTH_REFUSED
        for kind in type(error).__mro__:
            codes = _CODES.get((moment, kind))
            if codes is not None:
                return Reply(codes[0], error.reason, codes[1])
    if moment is Moment.SIGN_IN:
        return _unexpected(error, replies.AUTH_UNAVAILABLE)
    # Class 53 of PostgreSQL: disk full, out of memory, too many connections.
    if isinstance(error, asyncpg.InsufficientResourcesError) or _is_full_disk(error):
        return _unexpected(error, replies.STORAGE_FULL)
    return _unexpected(error, replies.INTERNAL_ERROR)


def _is_full_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _unexpected(error: Exception, reply: Reply) -> Reply:
    expected = isinstance(error, OSError | TimeoutError | asyncpg.PostgresConnectionError)
    logger.error("refused for now: %s", type(error).__name__, exc_info=None if expected else error)
    return reply
