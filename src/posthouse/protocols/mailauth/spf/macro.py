"""Macros in SPF: parsed once, expanded for a message (RFC 7208 7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

MAX_NAME = 253
_TOKEN = re.compile(
    r"%\{(?P<letter>[slodiphvcrtSLODIPHVCRT])(?P<digits>[0-9]{0,3})(?P<reverse>[rR]?)"
    r"(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<escape>[%_\-])"
    r"|(?P<literal>[!-$&-~ ]+)"
)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_EXPLANATION_ONLY = frozenset("crt")
# toplabel: letters, digits and hyphens, no hyphen at either end, not digits alone (7.1)
_DOMAIN_END = re.compile(r"\.(?!-)(?![0-9]+\.?\Z)[A-Za-z0-9-]+(?<!-)\.?\Z")


class BadMacro(ValueError):
    """The text breaks the grammar of macros."""


@dataclass(frozen=True, slots=True)
class Macro:
    """`%{letter digits reverse delimiters}`; `digits` 0 keeps all parts."""

    letter: str
    digits: int
    reverse: bool
    delimiters: str

    def expand(self, values: Mapping[str, str]) -> str:
        text = values[self.letter.lower()]
        if self.digits or self.reverse or self.delimiters:
            for delimiter in self.delimiters:
                text = text.replace(delimiter, "\0")
            parts = (text if self.delimiters else text.replace(".", "\0")).split("\0")
            if self.reverse:
                parts.reverse()
            text = ".".join(parts[-self.digits :])
        return quote(text, safe="-._~") if self.letter.isupper() else text


@dataclass(frozen=True, slots=True)
class Template:
    """A text with macros: literals and Macro in order."""

    parts: tuple[str | Macro, ...]

    def letters(self) -> frozenset[str]:
        """The macro letters it uses, in lower case."""
        return frozenset(part.letter.lower() for part in self.parts if isinstance(part, Macro))

    def expand(self, values: Mapping[str, str]) -> str:
        """`values` maps each letter in `letters()` to its text."""
        return "".join(
            part.expand(values) if isinstance(part, Macro) else part for part in self.parts
        )

    def expand_name(self, values: Mapping[str, str]) -> str:
        """The expansion as a name: no final dot, labels dropped from the left until it fits."""
        name = self.expand(values).removesuffix(".")
        if len(name) <= MAX_NAME:
            return name
        cut = name.find(".", len(name) - MAX_NAME - 1)
        return name[cut + 1 :] if cut >= 0 else ""


def parse_explanation(text: str) -> Template:
    """An explain-string: macros with all letters, and spaces. Raises BadMacro."""
    return Template(_tokens(text))


def parse_macro_string(text: str) -> Template:
    """A macro-string. Raises BadMacro."""
    template = Template(_tokens(text))
    if " " in text or template.letters() & _EXPLANATION_ONLY:
        raise BadMacro("macro for explanations only")
    return template


def parse_domain_spec(text: str) -> Template:
    """A domain-spec: a macro-string that ends in a macro or in a top label. Raises BadMacro."""
    template = parse_macro_string(text)
    if not template.parts:
        raise BadMacro("empty domain")
    tail = text[text.rfind("}") + 1 :] if "%{" in text else text
    ends_in_macro = text.endswith(("%%", "%_", "%-")) or not tail
    if not ends_in_macro and not _DOMAIN_END.search(tail):
        raise BadMacro("domain ends in no top label")
    return template


def _tokens(text: str) -> tuple[str | Macro, ...]:
    parts: list[str | Macro] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadMacro(f"not a macro at {text[at : at + 20]!r}")
        at = match.end()
        if (literal := match["literal"]) is not None:
            parts.append(literal)
        elif (escape := match["escape"]) is not None:
            parts.append(_ESCAPES[escape])
        else:
            parts.append(_macro(match))
    return tuple(parts)


def _macro(match: re.Match[str]) -> Macro:
    if match["digits"] and not int(match["digits"]):
        raise BadMacro("a macro keeps at least one part")
    return Macro(
        letter=match["letter"],
        digits=int(match["digits"] or 0),
        reverse=bool(match["reverse"]),
        delimiters=match["delimiters"],
    )
