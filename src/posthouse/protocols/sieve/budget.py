"""How much work one run may be: every comparison is paid for before it is done."""

from posthouse.protocols.sieve.errors import ScriptFailed

# A unit is about a character looked at once: some 5 ns. A run is over within a tenth of a second,
# and a little more for a large message, which is looked through faster than that.
WORK = 20_000_000
WORK_PER_OCTET = 8


class Budget:
    __slots__ = ("left",)

    def __init__(self, work: int = WORK) -> None:
        self.left = work

    def pay(self, work: int) -> None:
        """Raises ScriptFailed when all is spent."""
        self.left -= work
        if self.left < 0:
            raise ScriptFailed("The script is too much work for one message.")
