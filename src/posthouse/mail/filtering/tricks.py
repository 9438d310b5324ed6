"""How junk hides its words from programs while people still read them: found, counted, undone."""

import re
from collections.abc import Iterator

from posthouse.mail.filtering.chinese import undisguise
from posthouse.mail.filtering.model import much
from posthouse.mail.search.tokens import CJK

# Characters that nobody sees, in words that everybody reads.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
_FULL_WIDTH = re.compile(
    "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2460-\u24ff\u2776-\u2793\U0001d400-\U0001d7ff]"
)
_LATIN_IN = re.compile("[a-zA-Z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][a-zA-Z]")
_CYRILLIC = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
# Letters that look like ours, so that the word behind them is found.
_LOOKALIKE = str.maketrans(
    "аАВсСеЕНіІјЈКМоОрРѕЅТхХуУԁһӏοΟανρτυκι", "aABcCeEHiIjJKMoOpPsSTxXyYdhloOavptuki"
)
_GAPS = "[ \\t\u3000.·•*_|~^\\-/\\\\,+=]"
_SPELLED = re.compile(f"(?<![^\\W_])(?:[^\\W\\d_]{_GAPS}){{3,30}}[^\\W\\d_](?![^\\W_])")
_GAP = re.compile(_GAPS)
_PARTED = re.compile(f"(?<=[{CJK}]){_GAPS}{{1,2}}(?=[{CJK}])")
_CJK = re.compile(f"[{CJK}]")
_HIDING = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all", re.I
)
_TINY = re.compile(
    r"font-size\s{0,3}:\s{0,3}[01](?:\.\d)?(?:px|pt)?\s{0,3}[;\"']"
    r"|<font[^<>]{0,80}size\s{0,3}=\s{0,3}[\"']?(?:0|-[2-9])",
    re.I,
)
_PALE = re.compile(
    r"color\s{0,3}[:=]\s{0,3}[\"']?\s{0,3}(?:#?fff(?:fff)?\b|#?fffff[ef]|white\b)", re.I
)
_CUT_BY_COMMENT = re.compile(r"[a-z]<!--[^>]{0,80}-->[a-z]|[a-z]<(?:/?[a-z]{6,20}\d?)>[a-z]", re.I)
_MOST_READ = 3_000
LINE = "\n"
_KINDS = bytes(
    65 if 65 <= code <= 90 else 97 if 97 <= code <= 122 else 57 if 48 <= code <= 57 else 32
    for code in range(256)
)
_SIGNS = (
    ("shouts", ("!", "！")),
    ("shouting", ("!!", "！！")),
    ("questions", ("?", "？")),
    ("shares", ("%", "％")),
    ("addresses", ("@",)),
    ("quotes", ("\n>", "\n|")),
    ("rules", ("--------", "========", "********", "________", "~~~~~~~~")),
    ("gaps", ("     ",)),
    ("links", ("http://", "https://")),
)
_SHOUTED = re.compile(r"\b[A-Z]{3,15}\b")
_MONEY = re.compile(r"[$￥¥€£]\s?\d|\d(?=\s?(?:元|万元|美元|USD|RMB))")
_TELEPHONE = re.compile(r"\d[\d ().-]{8,16}\d")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-f]{2,6};){4}", re.I)


def tone(text: str) -> Iterator[str]:
    """How loud a text is, and what it counts: names of traits."""
    text = text[:_MOST_READ]
    kinds = text.encode("ascii", "replace").translate(_KINDS)
    capitals, small = kinds.count(b"A"), kinds.count(b"a")
    yield f"capitals {min(capitals * 20 // (capitals + small + 1), 12)}"
    yield f"lines of {(len(text) // (text.count(LINE) + 1)).bit_length()}"
    yield f"figures {min(kinds.count(b'9') * 40 // (len(kinds) + 1), 12)}"
    for name, signs in _SIGNS:
        if count := sum(map(text.count, signs)):
            yield f"{name} {much(count)}"
    if money := _MONEY.findall(text):
        yield f"money {much(len(money))}"
    if telephones := _TELEPHONE.findall(text):
        yield f"telephones {much(len(telephones))}"
    for word in set(_SHOUTED.findall(text)[:100]):
        yield f"loud {word}"


def undo(text: str) -> tuple[str, list[str]]:
    """The text as it is meant to be read, and names of the tricks found in it."""
    found: list[str] = []
    if not text.isascii():
        text, found = _undo_foreign(text)
    spelled = 0

    def whole(match: re.Match[str]) -> str:
        nonlocal spelled
        spelled += 1
        return _GAP.sub("", match[0])

    text = _SPELLED.sub(whole, text[:_MOST_READ]) + text[_MOST_READ:]
    if spelled:
        found.append(f"spelled out {much(spelled)}")
    return text, found


def _undo_foreign(text: str) -> tuple[str, list[str]]:
    found: list[str] = []
    text, unseen = _UNSEEN.subn("", text)
    if unseen > 2:
        found.append(f"unseen characters {much(unseen)}")
    if wide := len(_FULL_WIDTH.findall(text)):
        found.append(f"odd letters {much(wide)}")
    if _CYRILLIC.search(text) and (mixed := len(_LATIN_IN.findall(text))):
        found.append(f"foreign letters {much(mixed)}")
        text = text.translate(_LOOKALIKE)
    if _CJK.search(text):
        text, disguises = undisguise(text)
        found += disguises
        text, parted = _PARTED.subn("", text)
        if parted > 5:
            found.append(f"parted characters {much(parted)}")
    return text, found


def markup_tricks(markup: str) -> Iterator[str]:
    """Names of the tricks found in HTML."""
    for name, pattern in (
        ("hidden text", _HIDING),
        ("tiny text", _TINY),
        ("pale text", _PALE),
        ("cut words", _CUT_BY_COMMENT),
        ("letters as numbers", _ENTITIES),
    ):
        if (count := len(pattern.findall(markup))) > 0:
            yield f"{name} {much(count)}"
