"""Readable text out of an HTML mail in one linear pass: what search, summary and replies need."""

from __future__ import annotations

import re
from html import unescape

MAX_HTML = 4 << 20

# A tag, a comment or a declaration. `<` before anything else is text.
_MARKUP = re.compile(
    r"<(?:!--|(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?P<rest>[^<>\"']*+(?:"
    r"\"[^\"<>]*+\"[^<>\"']*+|'[^'<>]*+'[^<>\"']*+|[\"'])*+)>?|[!?/][^>]*+>?)"
)
_HIDDEN = frozenset(("style", "script", "head", "title", "template", "noscript", "svg", "object"))
_BREAKS = frozenset(
    (
        "br",
        "p",
        "div",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "table",
        "blockquote",
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "pre",
        "dt",
        "dd",
        "center",
        "address",
        "form",
        "body",
        "html",
    )
)
_CELLS = frozenset(("td", "th"))
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_UNSEEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\xa0\u200b\u200c\u200d\ufeff\u00ad\u034f\u2007]+")
_LINES = re.compile(r" ?\n ?")
_MANY_LINES = re.compile(r"\n{3,}")


def html_to_text(markup: str) -> str:
    """The text a reader would see, a line per block. Style, script and head are dropped."""
    markup = markup[:MAX_HTML]
    lower = _Lower(markup)
    out: list[str] = []
    position = 0
    while True:
        match = _MARKUP.search(markup, position)
        if match is None:
            out.append(_words(markup[position:]))
            break
        if match.start() > position:
            out.append(_words(markup[position : match.start()]))
        position = match.end()
        name = match["name"]
        if name is None:
            if match[0] == "<!--":
                end = lower.find("-->", position)
                position = end + 3 if end >= 0 else position
            continue
        position = _tag(match, name.lower(), lower, out, position)
    text = _LINES.sub("\n", "".join(out))
    return _MANY_LINES.sub("\n\n", text).strip()


class _Lower:
    """Case-blind search that remembers what is not there, so that misses stay linear."""

    def __init__(self, markup: str) -> None:
        self._text = markup.lower() if len(markup.lower()) == len(markup) else markup
        self._missing: set[str] = set()

    def find(self, needle: str, position: int) -> int:
        if needle in self._missing:
            return -1
        found = self._text.find(needle, position)
        if found < 0:
            self._missing.add(needle)
        return found


def _tag(match: re.Match[str], name: str, lower: _Lower, out: list[str], position: int) -> int:
    """Write what the tag means for the text; where to go on."""
    opening = not match["close"]
    if opening and name in _HIDDEN and not match["rest"].endswith("/"):
        end = lower.find(f"</{name}", position)
        return end if end >= 0 else position
    if opening and "none" in match["rest"] and _UNSEEN.search(match["rest"]):
        # A hidden preheader: skip to its own end tag (they are not nested in practice).
        end = lower.find(f"</{name}", position)
        return end if end >= 0 and end - position < 4096 else position
    if name in _BREAKS:
        out.append("\n" if opening or name not in ("br", "hr") else "")
        if opening and name == "li":
            out.append("• ")
    elif name in _CELLS:
        out.append(" ")
    elif name == "img" and opening:
        alt = _ALT.search(match["rest"])
        if alt:
            out.append(_words(alt[1] or alt[2] or ""))
    return position


def _words(text: str) -> str:
    if "&" in text:
        text = unescape(text)
    return _BLANKS.sub(" ", text)
