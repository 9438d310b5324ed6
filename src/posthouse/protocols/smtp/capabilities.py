"""What a server offered in its answer to EHLO (RFC 5321 4.1.1.1)."""

from dataclasses import dataclass, field
from typing import Self

from posthouse.protocols.smtp.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The extensions we use. `size` is None when SIZE is absent, 0 when no limit was named."""

    pipelining: bool = False
    size: int | None = None
    eight_bit: bool = False
    smtputf8: bool = False
    dsn: bool = False
    starttls: bool = False
    auth: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, reply: Reply) -> Self:
        """Read the lines after the first; what cannot be read is not offered."""
        offered: dict[str, list[str]] = {}
        for line in reply.text.split("\n")[1:]:
            # Old Microsoft servers write AUTH=LOGIN beside AUTH LOGIN.
            words = line.upper().replace("AUTH=", "AUTH ", 1).split()
            if words:
                offered.setdefault(words[0], []).extend(words[1:])
        return cls(
            pipelining="PIPELINING" in offered,
            size=_size(offered.get("SIZE")),
            eight_bit="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered,
            dsn="DSN" in offered,
            starttls="STARTTLS" in offered,
            auth=frozenset(offered.get("AUTH", ())),
        )


def _size(words: list[str] | None) -> int | None:
    if words is None:
        return None
    return int(words[0]) if words and words[0].isascii() and words[0].isdigit() else 0
