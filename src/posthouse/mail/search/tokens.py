"""Text → tokens with positions. Linear in the text, no dictionary.

Words are folded (NFKC, case, accents). A run of Chinese, Japanese or Korean characters gives each
character and each pair of neighbours, so that any part of it is found as a phrase of pairs. A
token of letters and digits gives its parts as well.
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_TOKEN = 64
FIRST_CJK = "\u3005"
CJK = (
    "\u3005\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
_CJK_ONE = re.compile(f"[{CJK}]")
_ACCENTED = re.compile("[\u00c0-\u1fff]")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
# ASCII text takes a table and a split: three quarters of the cost of the pattern.
ASCII_FOLDED = bytes(
    code + 32 if 65 <= code <= 90 else code if 97 <= code <= 122 or 48 <= code <= 57 else 32
    for code in range(256)
)
FIRST_EDGE, LAST_EDGE = 3, 6

Token = tuple[str, int]


def tokens(text: str, position: int = 1) -> Iterator[Token]:
    """(token, position) of every token; equal positions are readings of the same word."""
    for word in words(text):
        if is_cjk(word):
            for place, character in enumerate(word):
                yield character, position + place
                if place + 1 < len(word):
                    yield word[place : place + 2], position + place
            position += len(word)
            continue
        yield word, position
        for part in parts(word):
            yield part, position
        position += 1


def parts(word: str) -> list[str]:
    """What a word of letters and digits is made of; nothing for any other word."""
    found: list[str] = [] if word.isalpha() else _PARTS.findall(word)
    return found if len(found) > 1 else []


def edges(token: str) -> list[str]:
    """The beginnings by which a token is found before it is typed whole: 3 to 6 characters."""
    return [token[:size] for size in range(FIRST_EDGE, min(LAST_EDGE, len(token) - 1) + 1)]


def phrase(text: str) -> list[Token]:
    """What text looked for must match: (token, distance to the first one).

    A run of n characters is its n - 1 pairs; a single character is itself.
    """
    wanted: list[Token] = []
    offset = 0
    for word in words(text):
        if len(word) == 1 or not is_cjk(word):
            wanted.append((word, offset))
            offset += 1
            continue
        wanted += [(word[place : place + 2], offset + place) for place in range(len(word) - 1)]
        offset += len(word)
    return wanted


def words(text: str) -> list[str]:
    """The folded words of a text; a run of CJK characters is one."""
    if text.isascii():
        found = text.encode().translate(ASCII_FOLDED).decode().split()
        if max(map(len, found), default=0) > LONGEST_TOKEN:
            found = [word[:LONGEST_TOKEN] for word in found]
        return found
    # Long runs of letters are encodings or noise; long runs of characters are sentences.
    return [
        word if len(word) <= LONGEST_TOKEN or is_cjk(word) else word[:LONGEST_TOKEN]
        for word in _RUN.findall(fold(text))
    ]


def fold(text: str) -> str:
    """Compatible forms, case and accents made equal; Hangul stays in syllables."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not _ACCENTED.search(folded):
        return folded
    apart = unicodedata.normalize("NFD", folded)
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare)


def is_cjk(word: str) -> bool:
    """Whether a word is a run of CJK characters."""
    return word >= FIRST_CJK and _CJK_ONE.match(word) is not None
