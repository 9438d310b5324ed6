"""How much of what a client says leads to nothing: it is slowed down first, then sent away."""

from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.profile import Limits
from posthouse.protocols.smtp.reply import Reply


class Score:
    """Of one session."""

    __slots__ = ("_errors", "_idle_commands", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._errors = 0
        self._idle_commands = 0

    def idle(self, reply: Reply) -> Reply:
        """A command that brings nothing on: its reply, or the last word."""
        self._idle_commands += 1
        spent = self._idle_commands > self._limits.idle_commands
        return replies.TOO_MANY_COMMANDS if spent else reply

    def message_came(self) -> None:
        """Something was brought on."""
        self._idle_commands = 0

    def seconds_before(self, reply: Reply) -> float | None:
        """How long this reply is kept waiting; None when it is one error too many."""
        if not reply.permanent:
            return 0.0
        self._errors += 1
        if self._errors >= self._limits.errors:
            return None
        above = self._errors - self._limits.errors_before_tarpit
        return max(above, 0) * self._limits.tarpit_seconds
