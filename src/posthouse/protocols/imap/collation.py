"""How strings are compared in SEARCH, SORT and THREAD (RFC 5255 4.2): i;unicode-casemap."""

import unicodedata


class _TitleCase(dict[int, int]):
    """Code point → its title case, looked up once; a character whose case is several stays."""

    def __missing__(self, code: int) -> int:
        title = chr(code).title()
        self[code] = found = ord(title) if len(title) == 1 else code
        return found


_TITLE_CASE = _TitleCase()


def casemap(text: str) -> str:
    """The key of RFC 5051 2: titled character by character, then decomposed; `<` is its order."""
    if text.isascii():
        return text.upper()
    return unicodedata.normalize("NFKD", text.translate(_TITLE_CASE))
