"""A word planted through a door, and the search for it in dumps, files and logs."""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Words that nobody else writes. Lower-case, as search and look-up fold what they keep.
_STEM = f"kanari{secrets.token_hex(5)}"
_CHINESE = "驿站金丝雀鸟鳴"
_LONGEST_READ = 64 << 20


@dataclass(slots=True)
class Canary:
    """Gives each door a word of its own, so that a leak says which door it came through."""

    doors: list[str] = field(default_factory=list)

    def word(self, door: str) -> str:
        """The word of a door: the common stem, then the door's number."""
        if door not in self.doors:
            self.doors.append(door)
        high, low = divmod(self.doors.index(door), 26)
        return f"{_STEM}{chr(97 + high)}{chr(97 + low)}q"

    def chinese(self, door: str) -> str:
        """A Chinese word beside the door's own."""
        return f"{_CHINESE} {self.word(door)}"

    def leaks(self, folder: Path) -> Iterator[str]:
        """Every place below `folder` where a word can be read, in any form that hides nothing."""
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                for found in self.leaks_in(file.read_bytes()):
                    yield f"{file.relative_to(folder)}: {found}"
            for found in self.leaks_in(str(file).encode()):
                yield f"name of {file}: {found}"

    def leaks_in(self, octets: bytes) -> Iterator[str]:
        """The doors whose word stands in `octets`."""
        lowered = octets.lower()
        for form, needle, folded in _FORMS:
            haystack = lowered if folded else octets
            at = haystack.find(needle)
            while at >= 0:
                around = octets[max(at - 60, 0) : at + 60]
                yield f"{self._door_at(haystack, at, form)} as {form}: {around!r}"
                at = haystack.find(needle, at + max(len(needle), 1000))

    def _door_at(self, octets: bytes, at: int, form: str) -> str:
        if form not in ("text", "hex", "utf-16"):
            return "a door"
        step = {"text": 1, "hex": 2, "utf-16": 2}[form]
        tail = octets[at + step * len(_STEM) : at + step * (len(_STEM) + 2)]
        if form == "hex":
            tail = bytes.fromhex(tail.decode()) if len(tail) == 4 else b""
        text = tail.replace(b"\0", b"").decode("ascii", "replace")
        number = (ord(text[0]) - 97) * 26 + ord(text[1]) - 97 if len(text) == 2 else -1
        return self.doors[number] if 0 <= number < len(self.doors) else "a door"


def _base64_of(octets: bytes) -> Iterator[bytes]:
    """What stands inside base64 of anything that contains `octets`, at each of three places."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + octets)
        first = -(-before * 8 // 6) if before else 0
        yield coded[first + (1 if before else 0) : len(coded) - 4]


def _forms() -> Iterator[tuple[str, bytes, bool]]:
    stem = _STEM.encode()
    yield "text", stem, True
    yield "hex", stem.hex().encode(), True
    yield "utf-16", _STEM.encode("utf-16-le"), True
    yield "reversed", stem[::-1], True
    for coded in _base64_of(stem):
        yield "base64", coded, False
    for charset in ("utf-8", "gb18030", "utf-16-le"):
        yield f"Chinese in {charset}", _CHINESE.encode(charset), False
        yield f"Chinese in {charset}, hex", _CHINESE.encode(charset).hex().encode(), True
    yield "Chinese in JSON", _CHINESE.encode("ascii", "backslashreplace"), True
    for coded in _base64_of(_CHINESE.encode()):
        yield "Chinese in base64", coded, False


_FORMS = tuple(_forms())
