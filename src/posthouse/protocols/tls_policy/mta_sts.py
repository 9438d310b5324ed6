"""The record and the policy of MTA-STS, read and applied (RFC 8461 3 and 4)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from posthouse.protocols.dns import BadName, ascii_name

LARGEST_POLICY = 64 * 1024  # RFC 8461 3.3 leaves the limit to us and names this one
_LONGEST_AGE = 31_557_600  # RFC 8461 3.2: about a year
_MOST_LINES = 1000
_ID = re.compile(r"v=STSv1\s*;(?:.*;)?\s*id\s*=\s*([A-Za-z0-9]{1,32})\s*(?:;.*)?\Z", re.DOTALL)


class Mode(StrEnum):
    """RFC 8461 5."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


class BadPolicy(ValueError):
    """The text is no policy; it is as if it were not there (RFC 8461 3.3)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`mx`: names, and patterns like `*.example.net`, in lower-case A-labels."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: timedelta

    def allows(self, host: str) -> bool:
        """Whether a mail host is one of those; a star is exactly one label (RFC 8461 4.1)."""
        host = host.lower().removesuffix(".")
        parent = "*." + host.partition(".")[2]
        return host in self.mx or parent in self.mx


def record_id(records: Sequence[bytes]) -> str | None:
    """The id in the TXT records at `_mta-sts.`; None unless there is exactly one (RFC 8461 3.1)."""
    ours = [text for text in records if text.startswith(b"v=STSv1")]
    if len(ours) != 1:
        return None
    found = _ID.match(ours[0].decode("ascii", "replace"))
    return found[1] if found else None


def parse_policy(content: bytes) -> Policy:
    """The text at `/.well-known/mta-sts.txt`. Raises BadPolicy."""
    if len(content) > LARGEST_POLICY:
        raise BadPolicy("too large")
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadPolicy("not UTF-8") from None
    if len(lines) > _MOST_LINES:
        raise BadPolicy("too many lines")
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise BadPolicy("a line without a colon")
        name, value = name.strip(), value.strip()
        if name == "mx":
            hosts.append(_pattern(value))
        else:
            fields.setdefault(name, value)  # RFC 8461 3.2: of repeated fields the first one
    if fields.get("version") != "STSv1":
        raise BadPolicy("no version that is known")
    try:
        mode = Mode(fields.get("mode", ""))
    except ValueError:
        raise BadPolicy("no mode that is known") from None
    age = fields.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise BadPolicy("no max_age")
    if not hosts and mode is not Mode.NONE:
        raise BadPolicy("no mx")
    return Policy(mode, tuple(hosts), timedelta(seconds=min(int(age), _LONGEST_AGE)))


def _pattern(value: str) -> str:
    star, name = ("*.", value[2:]) if value.startswith("*.") else ("", value)
    try:
        found = ascii_name(name)
    except BadName as error:
        raise BadPolicy(f"mx: {error}") from error
    if "*" in found:
        raise BadPolicy("mx: a star stands for the first label only")
    return star + found
