"""What RTF says: the HTML or text that was wrapped into it (MS-OXRTFEX), else its plain text.

Linear, and no deeper than its input: groups are a list, not a recursion.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from posthouse.protocols.mime.charsets import decode

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)",
    re.DOTALL,
)
# Groups that are about the text, not of it (RTF 1.9.1).
_ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info pict object listtable listoverridetable rsidtbl pntext "
    b"pntxta pntxtb header footer headerl headerr footerl footerr themedata datastore generator "
    b"mhtmltag objdata latentstyles xmlnstbl filetbl revtbl".split()
)
_LETTERS = {
    b"par": "\r\n",
    b"line": "\r\n",
    b"tab": "\t",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
}
_SIGNS = {b"~": "\u00a0", b"_": "\u00ad", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\r\n"}
# \fcharset of fonts (RTF 1.9.1) whose octets are not of the document's own code page.
_FONT_CHARSETS = {
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "big5",
    161: "windows-1253",
    162: "windows-1254",
    177: "windows-1255",
    178: "windows-1256",
    186: "windows-1257",
    204: "windows-1251",
    222: "windows-874",
    238: "windows-1250",
}


class RtfKind(StrEnum):
    """What was wrapped, or nothing."""

    HTML = "html"
    TEXT = "text"
    RTF = "rtf"


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds between two braces. `begun`: something stood in it already."""

    aside: bool = False
    html_tag: bool = False
    html_rtf: bool = False
    starred: bool = False
    begun: bool = False
    fonts: bool = False
    skip: int = 1
    font: int = 0


def read_rtf(data: bytes) -> tuple[RtfKind, str]:
    """The kind, and the text."""
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self._kind = RtfKind.RTF
        self._said: list[str] = []
        self._octets = bytearray()
        self._charset = "windows-1252"
        self._fonts: dict[int, str] = {}
        self._group = _Group()
        self._outer: list[_Group] = []
        self._left_out = 0  # of what stands for a \u in old readers

    def read(self, data: bytes) -> tuple[RtfKind, str]:
        for match in _TOKEN.finditer(data):
            octet, word, number, sign, brace, text = match.groups()
            if octet is not None:
                self._octet(int(octet, 16))
                continue
            if text is not None:
                self._text(text)
                continue
            self._flush()
            if brace is not None:
                self._brace(brace)
            elif word is not None:
                self._word(word, None if number is None else int(number))
            elif sign == b"*":
                self._group = replace(self._group, starred=True)
            else:
                self._say(_SIGNS.get(sign, ""))
        self._flush()
        return self._kind, _joined("".join(self._said))

    # -- tokens

    def _octet(self, value: int) -> None:
        if self._left_out:
            self._left_out -= 1
        elif not self._hidden:
            self._octets.append(value)

    def _text(self, text: bytes) -> None:
        if self._left_out:
            left_out = min(self._left_out, len(text))
            self._left_out -= left_out
            text = text[left_out:]
        if not self._hidden:
            self._octets += text
        self._group = replace(self._group, begun=True)

    def _brace(self, brace: bytes) -> None:
        self._left_out = 0
        if brace == b"{":
            self._outer.append(self._group)
            self._group = replace(self._group, starred=False, begun=False)
        elif self._outer:
            # \htmlrtf holds beyond its group (MS-OXRTFEX 2.1.3.2).
            html_rtf = self._group.html_rtf
            self._group = replace(self._outer.pop(), html_rtf=html_rtf, begun=True)

    def _word(self, word: bytes, number: int | None) -> None:
        first, self._group = not self._group.begun, replace(self._group, begun=True)
        if word == b"u" and number is not None:
            self._say(_letter(number))
            self._left_out = self._group.skip
        elif word == b"uc":
            self._group = replace(self._group, skip=min(max(number or 0, 0), 16))
        elif word == b"htmlrtf":
            self._group = replace(self._group, html_rtf=number != 0)
        elif word == b"htmltag" and first:
            self._group = replace(self._group, html_tag=True)
        elif first and (self._group.starred or word in _ASIDE):
            self._group = replace(self._group, aside=True, fonts=word == b"fonttbl")
        elif word in _LETTERS:
            self._say(_LETTERS[word])
        else:
            self._setting(word, number or 0)

    def _setting(self, word: bytes, number: int) -> None:
        if word == b"fromhtml":
            self._kind = RtfKind.HTML
        elif word == b"fromtext":
            self._kind = RtfKind.TEXT
        elif word == b"ansicpg":
            self._charset = "utf-8" if number == 65001 else _code_page(number)
        elif word == b"f":
            self._group = replace(self._group, font=number)
        elif word == b"fcharset" and self._group.fonts and number in _FONT_CHARSETS:
            self._fonts[self._group.font] = _FONT_CHARSETS[number]

    # -- what is said

    @property
    def _hidden(self) -> bool:
        group = self._group
        if group.aside:
            return True
        return self._kind is RtfKind.HTML and group.html_rtf and not group.html_tag

    def _say(self, text: str) -> None:
        if text and not self._hidden:
            self._said.append(text)

    def _flush(self) -> None:
        """Octets of several bytes to a letter come one by one."""
        if self._octets:
            charset = self._fonts.get(self._group.font, self._charset)
            self._said.append(decode(bytes(self._octets), charset))
            self._octets.clear()


def _letter(number: int) -> str:
    return chr(number & 0xFFFF)  # it is signed


def _joined(text: str) -> str:
    """Letters beyond 16 bits come as two surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _code_page(number: int) -> str:
    return f"windows-{number}" if 1250 <= number <= 1258 else f"cp{number}"
