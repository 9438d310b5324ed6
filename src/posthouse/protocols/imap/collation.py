"""How strings are compared in SEARCH, SORT and THREAD (RFC 5255 4.2): i;unicode-casemap."""

import re
import unicodedata

# Characters whose upper case is not their title case, or is several characters (German ß, Dž,
# Georgian, Greek with iota, ligatures): for all others str.upper() is right, and ten times as fast.
UNUSUAL = (
    "\u00df\u0149\u01c4-\u01cc\u01f0-\u01f3\u0390\u03b0\u0587\u10d0-\u10fa\u10fd-\u10ff"
    "\u1e96-\u1e9a\u1f50\u1f52\u1f54\u1f56\u1f80-\u1faf\u1fb2-\u1fb4\u1fb6-\u1fb7\u1fbc"
    "\u1fc2-\u1fc4\u1fc6-\u1fc7\u1fcc\u1fd2-\u1fd3\u1fd6-\u1fd7\u1fe2-\u1fe4\u1fe6-\u1fe7"
    "\u1ff2-\u1ff4\u1ff6-\u1ff7\u1ffc\ufb00-\ufb06\ufb13-\ufb17"
)
_UNUSUAL = re.compile(f"([{UNUSUAL}]+)")


def casemap(text: str) -> str:
    """The key of RFC 5051 2: titled character by character, then decomposed; `<` is its order."""
    if text.isascii():
        return text.upper()
    pieces = _UNUSUAL.split(text)
    titled = (_titled(piece) if n % 2 else piece.upper() for n, piece in enumerate(pieces))
    return unicodedata.normalize("NFKD", "".join(titled))


def _titled(piece: str) -> str:
    """A character whose title case is several stays as it is."""
    return "".join(title if len(title := c.title()) == 1 else c for c in piece)
