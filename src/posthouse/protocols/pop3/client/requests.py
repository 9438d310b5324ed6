"""Commands as octets. What comes from elsewhere never makes a second command of one."""

from posthouse.protocols.pop3.errors import BadCommand

_ENDINGS = ("\r", "\n", "\0")


def request(verb: str, *words: str | int) -> bytes:
    """`verb word word`. Raises BadCommand for a word with a line end."""
    line = " ".join((verb, *map(str, words)))
    if any(ending in line for ending in _ENDINGS):
        raise BadCommand(f"{verb} cannot be said in one line")
    return line.encode() + b"\r\n"
