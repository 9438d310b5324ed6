"""Markup that would take a parser minutes, told apart in one linear pass.

Deep nesting costs the square of its depth; formatting that is never closed is opened again in every
block after it (the HTML standard's "reconstruct the active formatting elements").
"""

import re

from posthouse.mail.listing.cleaning.words import words_in

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_DEEPEST = 1000
_MOST_REOPENED = 2_000_000
_FORMATTING = words_in("a b big code em font i nobr s small strike strong tt u")
# Opened again they close themselves, or they hold nothing.
_SHALLOW = words_in(
    """
    area base br col dd dt embed hr img input li link meta option p param source td th tr track
    wbr html head body tbody thead tfoot
    """
)


def is_bearable(markup: str) -> bool:
    """Whether a browser's parser gets through `markup` in reasonable time."""
    depth = deepest = formatting = most_formatting = tags = 0
    for match in _TAG.finditer(markup):
        name = match[2].lower()
        tags += 1
        if name in _SHALLOW:
            continue
        step = -1 if match[1] else 1
        depth = max(depth + step, 0)
        deepest = max(deepest, depth)
        if name in _FORMATTING:
            formatting = max(formatting + step, 0)
            most_formatting = max(most_formatting, formatting)
    return deepest <= _DEEPEST and most_formatting * tags <= _MOST_REOPENED
