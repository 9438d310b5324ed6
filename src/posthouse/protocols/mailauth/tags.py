"""Tag lists `a=1; b=2`, the grammar that DKIM signatures, DKIM keys and DMARC records share."""

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_FOLDS = re.compile(r"[ \t\r\n]+")
_SPACE = " \t\r\n"


class TagError(ValueError):
    """The text is no tag list."""


def parse_tags(text: str) -> dict[str, str]:
    """Tags in order, values stripped of outer white space, names as written (RFC 6376 3.2).

    Empty items are passed over: `v=DKIM1;; p=…` is common in the wild. Raises TagError on an item
    without `=`, a bad name, or a name given twice.
    """
    tags: dict[str, str] = {}
    for item in text.split(";"):
        if not (item := item.strip(_SPACE)):
            continue
        name, equals, value = item.partition("=")
        name = name.rstrip(_SPACE)
        if not equals or not _NAME.match(name):
            raise TagError(f"not a tag: {item[:40]!r}")
        if name in tags:
            raise TagError(f"tag {name} twice")
        tags[name] = value.strip(_SPACE)
    return tags


def without_folds(value: str) -> str:
    """The value without any white space, as base64 and lists of names want it."""
    return _FOLDS.sub("", value)


def colon_list(value: str) -> list[str]:
    """The items of `a : b : c`, in lower case."""
    return [item.strip(_SPACE).lower() for item in value.split(":")]
