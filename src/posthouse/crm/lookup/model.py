"""Tokens of names: beginnings of words, Chinese characters and pairs of them. Pure."""

import re
import unicodedata

# Longer beginnings tell nothing more apart among names.
LONGEST_PREFIX = 16
# A name of hundreds of words is not a name.
MOST_WORDS = 40
MOST_QUERY_TOKENS = 24

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")
_IS_CJK = re.compile(f"[{_CJK}]")


def fold(text: str) -> str:
    """`text` without case, width and accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)


def index_tokens(*texts: str) -> set[str]:
    """All tokens under which `texts` can be found."""
    tokens: set[str] = set()
    for text in texts:
        for run in _RUN.findall(fold(text))[:MOST_WORDS]:
            if _IS_CJK.match(run):
                tokens.update(run)
                tokens.update(run[i : i + 2] for i in range(len(run) - 1))
            else:
                tokens.update(run[:size] for size in range(1, min(len(run), LONGEST_PREFIX) + 1))
    return tokens


def query_tokens(query: str) -> set[str]:
    """The tokens that a match must have, all of them. Empty: nothing to look for."""
    tokens: set[str] = set()
    for run in _RUN.findall(fold(query)):
        if not _IS_CJK.match(run):
            tokens.add(run[:LONGEST_PREFIX])
        elif len(run) == 1:
            tokens.add(run)
        else:
            tokens.update(run[i : i + 2] for i in range(len(run) - 1))
        if len(tokens) >= MOST_QUERY_TOKENS:
            break
    return tokens
