"""Style attributes by an allow-list: what cannot fetch, cover or escape."""

import re

from posthouse.mail.listing.cleaning.words import words_in

_LONGEST = 4096
_PROPERTIES = words_in(
    """
    background background-color border-collapse border-radius border-spacing box-sizing
    caption-side clear color direction display empty-cells float font font-family font-size
    font-style font-variant font-weight height letter-spacing line-height list-style
    list-style-type max-height max-width min-height min-width mso-hide opacity overflow
    overflow-wrap table-layout text-align text-decoration text-decoration-color
    text-decoration-line text-indent text-overflow text-transform unicode-bidi vertical-align
    visibility white-space width word-break word-spacing word-wrap
    """
)
# border-…, margin-…, padding-…; images of borders need url() and fall at that.
_FAMILIES = ("border", "margin", "padding")
_FUNCTION = re.compile(r"\b(?:rgba?|hsla?|calc)\(", re.IGNORECASE)
# An escape (\75rl) can spell anything, a comment can split anything.
_UNSAFE = re.compile(r"[\\<>{}()@]|/\*|url|expression|javascript|-moz-binding", re.IGNORECASE)


def clean_style(style: str) -> str | None:
    """The declarations of `style` that are harmless; None when none is."""
    kept: list[str] = []
    for declaration in style[:_LONGEST].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if _is_known(name) and value and _is_harmless(value):
            kept.append(f"{name}:{value}")
    return ";".join(kept) or None


def _is_known(name: str) -> bool:
    return name in _PROPERTIES or name.partition("-")[0] in _FAMILIES


def _is_harmless(value: str) -> bool:
    functions = len(_FUNCTION.findall(value))
    if functions:
        if value.count(")") != functions:
            return False
        value = _FUNCTION.sub(" ", value).replace(")", " ")
    return not _UNSAFE.search(value)
