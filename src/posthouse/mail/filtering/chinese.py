"""Chinese as it is meant: traditional and simplified characters alike, words behind disguises.

Offers for invoices, loans and bets are written so that programs miss the word and people do not:
a character that looks or sounds alike, marks between the characters, one character a line.
"""

import re
from collections.abc import Iterator
from importlib import resources

from posthouse.mail.filtering.model import much
from posthouse.mail.search.tokens import CJK

PAIRS = "".join(
    line
    for line in resources.files(__package__)
    .joinpath("characters.txt")
    .read_text("utf-8")
    .splitlines()
    if not line.startswith("#")
)
"""Traditional and simplified characters, in turn."""
_SIMPLE = str.maketrans(PAIRS[::2], PAIRS[1::2])

# What looks or sounds like a word that is watched for; never written so by chance.
_DISGUISED = tuple(
    (re.compile(pattern, re.I), meant)
    for pattern, meant in (
        ("[薇溦葳徽嶶黴威維]信(?!任|息|用|守|托)", "微信"),
        (
            r"(?<![a-z0-9])(?:v|w)[.\s]?[x\u2179\u00d7]{1,2}(?![a-z0-9])|(?<=加)[vw薇微](?![a-z0-9信博])",
            "微信",
        ),
        ("[扣抠釦叩]{2}|(?<![a-z])q\\s?q(?![a-z])", "qq"),
        ("[发発發髪][漂飘飄嘌瞟嫖缥縹剽镖]", "发票"),
        ("代[幵閞]", "代开"),
        ("[増曽]值", "增值"),
        ("[博菠波]彩", "博彩"),
        ("[贷岱袋][歀欵]", "贷款"),
        ("[裸祼]聊", "裸聊"),
    )
)
# Characters that stand alone, a mark or a line's end after each: nobody writes so.
_MARK = f"[^\\w\\s{CJK}，。；：？！、]|[ \\t\u3000]|\\r?\\n"
_ALONE = re.compile(f"(?<![{CJK}])(?:[{CJK}](?:{_MARK}){{1,3}}+){{3,60}}[{CJK}](?![{CJK}])")
_MARKS = re.compile(f"[^{CJK}]+")
_DIGIT = "0-9oO\u3007零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸"
_NUMBER = re.compile(f"[{_DIGIT}]{{6,15}}")
_WRITTEN_DIGIT = re.compile("[\u3007零一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸]")
_HAN = re.compile("[\u4e00-\u9fff]")
_MOST_READ = 3_000


def simplified(text: str) -> str:
    """The same in simplified characters; the very text when nothing changes."""
    return text if text.isascii() else text.translate(_SIMPLE)


def undisguise(text: str) -> tuple[str, list[str]]:
    """Text with CJK characters as it is meant, and names of the tricks found in it."""
    begin, rest = text[:_MOST_READ], text[_MOST_READ:]
    begin, alone = _ALONE.subn(lambda match: _MARKS.sub("", match[0]), begin)
    disguised = 0
    for pattern, meant in _DISGUISED:
        begin, count = pattern.subn(meant, begin)
        disguised += count
    found = [f"parted characters {much(alone)}"] if alone else []
    if disguised:
        found.append(f"disguised words {much(disguised)}")
    if any(len(_WRITTEN_DIGIT.findall(number)) > 2 for number in _NUMBER.findall(begin)):
        found.append("number in characters")
    return begin + rest, found


def script_traits(text: str) -> Iterator[str]:
    """How much of a text is Chinese, and in which characters."""
    begin = text[:_MOST_READ]
    if begin.isascii():
        return
    count = len(_HAN.findall(begin))
    if not count:
        return
    yield f"han {count * 8 // (len(begin) + 1)}"
    if (simple := begin.translate(_SIMPLE)) != begin:
        changed = sum(one != other for one, other in zip(begin, simple, strict=True))
        yield f"traditional {changed * 8 // count}"
