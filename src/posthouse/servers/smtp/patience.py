"""How long a slow client is waited for: whole commands count as progress, single bytes do not."""

from dataclasses import dataclass

from posthouse.protocols.smtp.dialogue import Dialogue, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds, and octets a second. RFC 5321 4.5.3.2 asks a server for five minutes."""

    command: float = 300.0
    handshake: float = 30.0
    data_stall: float = 180.0  # RFC 5321 4.5.3.2.5
    data_grace: float = 60.0
    data_rate: int = 1024
    data_total: float = 3600.0
    farewell: float = 5.0


class Patience:
    """Asked now and then; says when it is over. Time that we take ourselves does not count."""

    def __init__(self, timeouts: Timeouts, now: float) -> None:
        self._timeouts = timeouts
        self._commands = -1
        self._since = now
        self._octets = 0
        self._last_octet = now

    def over(self, dialogue: Dialogue, now: float) -> bool:
        """True when the client did too little since the last asking."""
        if dialogue.waiting or dialogue.commands != self._commands:
            self._commands = dialogue.commands
            self._since = self._last_octet = now
            self._octets = 0
            return False
        if dialogue.phase is Phase.DATA:
            return self._data_over(dialogue.data_received, now)
        return now - self._since > self._timeouts.command

    def _data_over(self, received: int, now: float) -> bool:
        if received != self._octets:
            self._octets, self._last_octet = received, now
        elapsed = now - self._since
        wanted = (elapsed - self._timeouts.data_grace) * self._timeouts.data_rate
        return (
            now - self._last_octet > self._timeouts.data_stall
            or elapsed > self._timeouts.data_total
            or received < wanted
        )
