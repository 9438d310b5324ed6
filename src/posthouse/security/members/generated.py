"""App passwords as words: made here, typed by hand on a phone."""

import secrets

# Lower case only: no keyboard is switched. Without i, l and o, which look like others.
ALPHABET = "abcdefghjkmnpqrstuvwxyz"
LENGTH = 28  # 126 bits: nobody guesses it, however fast a guess is
_KNOWN = frozenset(ALPHABET)
# The page shows groups; people type the gaps, or a hyphen, or nothing.
_BETWEEN = str.maketrans("", "", " -\u00a0")
_LONGEST = 4 * LENGTH


def generate() -> str:
    """A new one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def letters_of(word: str) -> str | None:
    """The letters of what was typed; None for what cannot be an app password."""
    if len(word) > _LONGEST:
        return None
    letters = word.translate(_BETWEEN).lower()
    return letters if len(letters) == LENGTH and _KNOWN.issuperset(letters) else None
