"""Address lists (RFC 5322 3.4, obsolete forms of 4.4, RFC 6532) as real mail writes them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna

from posthouse.protocols.mime.encoded_words import decode_words

MAX_ADDRESSES = 100_000
_MAX_REMEMBERED = 500

_SIMPLE = re.compile(r"[^\s\"(),:;<>@\[\\\]]++@[\w.-]++")
_NAMED = re.compile(
    r"\s*+(?:\"([^\"\\]*+)\"|([^\"(),:;<>@\\]*+))\s*+<\s*+([^\s\"(),:;<>@\\]++@[\w.-]++)\s*+>\s*+"
)
_TOKEN = re.compile(
    r"(?P<space>\s++)"
    r"|(?P<word>=\?[^?\s]++\?[BbQq]\?[^?]*+\?=)"
    r'|"(?P<quoted>(?:[^"\\]++|\\.)*+)"'
    r"|<(?P<angle>(?:[^<>\"]++|\"(?:[^\"\\]++|\\.)*+\")*+)>?"
    r"|(?P<comment>\()"
    r"|(?P<special>[,;:])"
    r"|(?P<atom>(?:[^\s\"<>(),;:\\=]++|=(?!\?)|\\.)++)"
    r"|(?P<junk>.)",
    re.DOTALL,
)
_COMMENT = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_AROUND_AT = re.compile(r"\s*([@.])\s*")
_QUOTED_LOCAL = re.compile(r"\x00([^\x00]*)\x00@([^\s\x00]+)")


class Address(NamedTuple):
    """A mailbox: the decoded display name ("" if none) and addr-spec as written ("" if none).

    `group` is the decoded name of the group it stands in; an empty group is one Address with
    an empty address.
    """

    name: str
    address: str
    group: str | None = None
    raw_name: str = ""
    route: str = ""  # RFC 5322 4.4, obs-route: "@a,@b"; only ENVELOPE still shows it

    @property
    def local(self) -> str:
        return self.address.rpartition("@")[0] or ("" if "@" in self.address else self.address)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2] if "@" in self.address else ""


def parse_addresses(text: str) -> list[Address]:
    """Every mailbox of an (unfolded) address field, in order. Linear; never raises."""
    return list(_remembered(text)) if len(text) <= _MAX_REMEMBERED else _parse(text)


@lru_cache(maxsize=2048)
def _remembered(text: str) -> tuple[Address, ...]:
    # The same few people write and are written to, and each field is read more than once.
    return tuple(_parse(text))


def _parse(text: str) -> list[Address]:
    match = _NAMED.fullmatch(text)
    if match:
        return [_address(match[1] if match[1] is not None else match[2], match[3])]
    if _SIMPLE.fullmatch(text):
        return [Address("", text)]
    return _Reader(text).read()


@lru_cache(maxsize=4096)
def canonical(address: str) -> str:
    """The address as a key: local part NFC and lower case, domain as lower-case A-labels."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", address).lower()
    return f"{unicodedata.normalize('NFC', local).lower()}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """The domain as lower-case A-labels (IDNA 2008); one that has none only in lower case."""
    domain = domain.rstrip(".").lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain[:255], uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return unicodedata.normalize("NFC", domain)


class _Reader:
    """Collects the pieces of one mailbox until a separator ends it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Address] = []
        self.group: str | None = None
        self.group_size = 0
        self.comments = True
        self._clear()

    def _clear(self) -> None:
        self.words: list[str] = []  # as written, with the white space between them
        self.quoted = False
        self.angle: str | None = None
        self.comment: list[str] = []

    def read(self) -> list[Address]:
        position, end = 0, len(self.text)
        while position < end and len(self.found) < MAX_ADDRESSES:
            match = _TOKEN.match(self.text, position)
            if match is None:
                break
            position = match.end()
            kind = match.lastgroup
            if kind == "space":
                self.words.append(" ")
            elif kind == "quoted":
                self._take_quoted(match["quoted"])
            elif kind == "angle":
                position = self._take_angle(match)
            elif kind == "comment":
                position = self._take_comment(position)
            elif kind == "special":
                self._separate(match["special"])
            elif kind == "junk":
                if match["junk"] not in ('"', ">"):
                    self.words.append(match["junk"])
            else:
                self.words.append(match[0])
        self._finish()
        return self.found

    def _take_quoted(self, content: str) -> None:
        plain = _QUOTED_PAIR.sub(r"\1", content) if "\\" in content else content
        self.quoted = True
        # Before "@" the quotes belong to the local part; the display name goes without.
        self.words.append(f"\x00{plain}\x00")

    def _take_angle(self, match: re.Match[str]) -> int:
        content, end = match["angle"], match.end()
        closed = self.text[end - 1] == ">"
        if not closed and "," in content:  # "A <a@b, C <c@d>": the comma ends it
            content, end = content.partition(",")[0], match.start("angle") + content.index(",")
        if self.angle is None or (not self.angle and content.strip()):
            self.angle = content
        return end

    def _take_comment(self, position: int) -> int:
        if not self.comments:
            self.words.append("(")
            return position
        depth = 1
        for match in _COMMENT.finditer(self.text, position):
            if match[0] == "(":
                depth += 1
            elif match[0] == ")":
                depth -= 1
                if not depth:
                    content = self.text[position : match.start()]
                    self.comment.append(_QUOTED_PAIR.sub(r"\1", content))
                    return match.end()
        self.comments = False  # never closed: an ordinary character, looked for only once
        self.words.append("(")
        return position

    def _separate(self, what: str) -> None:
        if what == ":" and self.angle is None and self.group is None and not self._has_at():
            name = decode_words("".join(self.words).replace("\x00", "").strip())
            self._clear()
            self.group, self.group_size = name, len(self.found)
        elif what == ":":
            self.words.append(":")
        else:
            self._finish()
            if what == ";" and self.group is not None:
                if len(self.found) == self.group_size:
                    self.found.append(Address("", "", self.group))
                self.group = None

    def _has_at(self) -> bool:
        return any("@" in word for word in self.words)

    def _finish(self) -> None:
        written = "".join(self.words).strip()
        if self.angle is not None:
            name = written.replace("\x00", "")
            if not name and self.comment:
                name = self.comment[0]
            if self.angle.endswith(";") and ":" in self.angle:  # "<Undisclosed recipients:;>"
                group = decode_words(self.angle.partition(":")[0])
                self.found.append(Address("", "", group))
            else:
                route, spec = _addr_spec(self.angle)
                self.found.append(_address(name, spec, self.group, route))
        elif "@" in written:
            self._finish_bare(written)
        elif written:
            name = written.replace("\x00", "")
            bare = not self.quoted and " " not in name and "=?" not in name and name.isascii()
            self.found.append(
                Address("", name, self.group) if bare else _address(name, "", self.group)
            )
        self._clear()

    def _finish_bare(self, written: str) -> None:
        """No angle brackets: the word with an @ is the address, what is before it a name."""
        text = _AROUND_AT.sub(r"\1", written)
        quoted = _QUOTED_LOCAL.search(text)
        if quoted:
            spec = f'"{quoted[1]}"@{quoted[2]}'
            head = text[: quoted.start()]
        else:
            words = [word for word in text.split(" ") if "@" in word]
            spec = words[-1].replace("\x00", "").strip("<>,")
            head = text.replace(words[-1], "", 1)
        name = head.replace("\x00", "").strip() or (self.comment[0] if self.comment else "")
        self.found.append(_address(name, spec, self.group))


def _address(name: str, spec: str, group: str | None = None, route: str = "") -> Address:
    written = name.strip()
    decoded = decode_words(written).strip() if "=?" in written else written
    if "  " in decoded:
        decoded = " ".join(decoded.split())
    return Address(decoded, spec, group, written, route)


def _addr_spec(angle: str) -> tuple[str, str]:
    """What stands between angle brackets: route, and address without comments and white space."""
    spec, route = angle.strip(), ""
    if spec.startswith("@") and ":" in spec:
        route, _, spec = spec.partition(":")
        spec = spec.strip()
    if spec[:7].lower() == "mailto:":
        spec = spec[7:]
    if "(" in spec and '"' not in spec:
        spec = re.sub(r"\([^()]*\)", "", spec)
    if '"' not in spec:
        spec = "".join(spec.split())
    return route, spec
