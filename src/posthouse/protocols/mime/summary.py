"""One line that tells what a message says: greetings, quotes and signatures left out."""

from __future__ import annotations

import re
import unicodedata

from posthouse.protocols.mime.model import Scan
from posthouse.protocols.mime.text import opening_text, readable_text

SUMMARY_LENGTH = 50
_MAX_TEXT = 20_000
_OPENING = 3_072

_SPACE = re.compile(r"\s+")
_RULE = re.compile(r"^[\s\-_=*~#.·•—─━]{3,}$")
# Full-width punctuation: \uff1a colon, \uff0c comma, \uff01 exclamation mark.
_SIGNATURE = re.compile(
    r"^(?:-- ?|—{2,}|_{5,}|发自我的|来自我的|从我的 ?iPhone|寄自我的|Sent from my"
    r"|Get Outlook for|获取 ?Outlook)",
    re.IGNORECASE,
)
_QUOTE_HEAD = re.compile(
    r"^(?:-{2,} ?(?:Original Message|Forwarded message|原始邮件|原始郵件|转发的?邮件"
    r"|回复的原邮件|Begin forwarded)"
    r"|(?:On|Le|Am) .{6,200}(?:wrote|écrit|schrieb).{0,3}:?$"
    r"|.{2,200}(?:写道|寫道)[:\uff1a]?$"
    r"|(?:发件人|寄件者|寄件人)[:\uff1a]|(?:From|Von|De): ?\S.*[@<])",
    re.IGNORECASE,
)
# How such a line can begin; the pattern itself tries a line of Latin letters at every place.
_QUOTE_HEAD_BEGINS = frozenset("-OoLlAaFfVvDd")
_GREETING = re.compile(
    r"^(?:(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings)\b"
    r"[^.!?,\uff0c\uff01]{0,40}(?:[,\uff0c!\uff01]|$)"
    r"|(?:尊敬的|亲爱的|敬爱的|親愛的)[^,\uff0c。:\uff1a!\uff01]{0,20}[,\uff0c:\uff1a!\uff01]?"
    r"|(?:[^\s,\uff0c。]{1,12}[,\uff0c:\uff1a] ?)?[^\s,\uff0c。]{0,12}?"
    r"(?:您好|你好|大家好|早上好|上午好|下午好|晚上好|各位好)"
    r"[,\uff0c。!\uff01:\uff1a~\uff5e ]*"
    r"|(?:各位|致)[^,\uff0c。:\uff1a]{0,16}[,\uff0c:\uff1a])\s*",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(
    r"^[^\s,\uff0c。:\uff1a]{1,12}(?:先生|女士|小姐|总|经理|老师|工)?[,\uff0c:\uff1a]$"
)
_CLOSING = re.compile(
    r"^(?:(?:best|kind|warm)\s+)?(?:regards|wishes|thanks|thank you|cheers|sincerely|此致|敬礼"
    r"|祝好|顺祝商祺|顺颂商祺|祝商祺|谢谢|多谢|.{0,20}(?:敬上|谨上|拜上))[,\uff0c!\uff01.。]*$",
    re.IGNORECASE,
)


def summary_of(scan: Scan) -> str:
    """`summary` of what a person reads in a message: of most long ones the opening tells."""
    opening = opening_text(scan, _OPENING)
    if opening is not None:
        said, ended = _said(opening)
        if said and ended:
            return shorten(said, SUMMARY_LENGTH * 2)
    return summary(readable_text(scan))


def summary(text: str, length: int = SUMMARY_LENGTH) -> str:
    """At most `length` columns of the first thing said; a CJK character counts as two.

    Latin text is cut between words, and an ellipsis stands where something was cut. A text of
    nothing but quotes and greetings is summarised as it is.
    """
    text = text[:_MAX_TEXT]
    said, _ = _said(text)
    return shorten(said or _SPACE.sub(" ", text).strip(), length * 2)


def shorten(text: str, columns: int) -> str:
    """The text within so many columns, with "…" when cut."""
    return text if _fitting(text, columns) == len(text) else _cut(text, _fitting(text, columns - 1))


def _said(text: str) -> tuple[str, bool]:
    """What is said first, and whether what follows `text` could not change it."""
    lines: list[str] = []
    size = 0
    ended = True
    for line in text.split("\n"):
        line = " ".join(line.split())
        if not line:
            continue
        if _SIGNATURE.match(line) or _is_quote_head(line):
            break
        if line.startswith((">", "|", "&gt;")) or _RULE.match(line):
            continue
        if not lines:
            line = _without_greeting(line)
        if not line or _CLOSING.match(line):
            continue
        lines.append(line)
        size += len(line)
        if size > 4 * SUMMARY_LENGTH:
            break
    else:
        ended = False
    return _join(lines), ended


def _is_quote_head(line: str) -> bool:
    may_be = line[0] in _QUOTE_HEAD_BEGINS or not line.isascii()
    return may_be and _QUOTE_HEAD.match(line) is not None


def _without_greeting(line: str) -> str:
    if _NAME_LINE.match(line):
        return ""
    while match := _GREETING.match(line):
        if not match[0]:
            break
        line = line[match.end() :]
    return line


def _join(lines: list[str]) -> str:
    out = ""
    for line in lines:
        if out and not (_is_wide(out[-1]) and _is_wide(line[0])):
            out += " "
        out += line
    return out


def _cut(text: str, place: int) -> str:
    kept = text[:place]
    if not _is_wide(text[place]) and not text[place].isspace():
        space = kept.rfind(" ")
        if space >= place * 2 // 3:
            kept = kept[:space]
    return kept.rstrip() + "…"


def _fitting(text: str, columns: int) -> int:
    """How many characters from the start fit."""
    if text[:columns].isascii():
        return min(len(text), columns)
    used = 0
    for place, char in enumerate(text):
        used += 2 if _is_wide(char) else 1
        if used > columns:
            return place
    return len(text)


def _is_wide(char: str) -> bool:
    return char >= "\u1100" and unicodedata.east_asian_width(char) in "WF"
