"""Authentication-Results (RFC 8601): written, read, and found out when forged in our name."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from posthouse.protocols.dns import BadName, ascii_name
from posthouse.protocols.mailauth.message import field_spans, header_end

_NAME = b"authentication-results"
_LINE = 78
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~@]+\Z")  # what stands without quotes
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

_SPACE = re.compile(r"[ \t\r\n]+")
_COMMENT_PART = re.compile(r"[^()\\]+|\\.?|[()]", re.DOTALL)
_WORD = re.compile(r"[^ \t\r\n;=()\"]+")
_VALUE = re.compile(r"[^ \t\r\n;()\"]+")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)("|\\?\Z)', re.DOTALL)  # unclosed: to the end
_JOINTS = ("/", ".")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """`ptype.name=value`, as in `header.d=example.org`."""

    ptype: str
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """One method's result. `comment` is written for people and not read back."""

    method: str
    result: str
    reason: str = ""
    comment: str = field(default="", compare=False)
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """What `authserv_id` says of a message; no results means that nothing was checked."""

    authserv_id: str
    results: tuple[MethodResult, ...] = ()


def write_results(said: AuthenticationResults) -> bytes:
    """The whole field with its CRLF. Whatever strangers put into values stays inside of them."""
    lines = [f"Authentication-Results: {_written(said.authserv_id)};"]
    if not said.results:
        lines.append("\tnone")
    for position, result in enumerate(said.results):
        end = ";" if position < len(said.results) - 1 else ""
        lines += _folded([*_words(result)], end)
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"


def parse_results(value: bytes) -> AuthenticationResults | None:
    """Reads a field's value; None when it names no server. Broken results are passed over."""
    cursor = _Cursor(value.decode("utf-8", "replace"))
    cursor.skip()
    authserv_id = cursor.text(_VALUE)
    if not authserv_id:
        return None
    results: list[MethodResult] = []
    while cursor.next_clause():
        result = _read_result(cursor)
        if result is not None:
            results.append(result)
    return AuthenticationResults(authserv_id, tuple(results))


def forged_spans(raw: bytes, authserv_ids: Collection[str]) -> list[tuple[int, int]]:
    """(start, end) of the fields in a message that speak in one of our names (RFC 8601 5).

    To be cut out before our own is put on top. A field that we cannot read, but in which our name
    occurs, is counted in: someone else might read it.
    """
    header = raw[: header_end(raw)]
    if _NAME not in header.lower():  # most mail, and it spares taking all fields apart
        return []
    ours = {_normal(each) for each in authserv_ids}
    return [
        (start, end)
        for name, start, end in field_spans(header)
        if name == _NAME and _speaks_for(raw[start:end].partition(b":")[2], ours)
    ]


def _speaks_for(value: bytes, ours: set[str]) -> bool:
    said = parse_results(value)
    if said is not None and _normal(said.authserv_id) in ours:
        return True
    text = value.decode("utf-8", "replace")
    readable = said is not None and not {'"', "(", "\\"} & set(text.partition(";")[0])
    return not readable and any(name in text.lower() for name in ours)


def _normal(authserv_id: str) -> str:
    try:
        return ascii_name(authserv_id)
    except BadName:
        return authserv_id.lower()


def _words(result: MethodResult) -> Iterator[str]:
    yield f"{result.method}={result.result}"
    if result.comment:
        yield "(" + re.sub(r"[()\\]", "", _CONTROL.sub(" ", result.comment)) + ")"
    if result.reason:
        yield f"reason={_quoted(result.reason)}"
    for each in result.properties:
        yield f"{each.ptype}.{each.name}={_written(each.value)}"


def _folded(words: list[str], end: str) -> Iterator[str]:
    line = "\t" + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) + len(end) > _LINE:
            yield line
            line = "\t " + word
        else:
            line += " " + word
    yield line + end


def _written(value: str) -> str:
    return value if _TOKEN.match(value) else _quoted(value)


def _quoted(value: str) -> str:
    clean = _CONTROL.sub(" ", value)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _read_result(cursor: "_Cursor") -> MethodResult | None:
    method = cursor.name().partition("/")[0].lower()
    result = cursor.assigned()
    if not method or result is None:
        return None
    reason, properties = "", []
    while name := cursor.name():
        value = cursor.assigned()
        if value is None:
            break
        ptype, dot, rest = name.partition(".")
        if dot:
            properties.append(Property(ptype.lower(), rest.lower(), value))
        elif name.lower() == "reason":
            reason = value
    return MethodResult(
        method=method, result=result.lower(), reason=reason, properties=tuple(properties)
    )


class _Cursor:
    """A position in the text that only moves forward."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def skip(self) -> None:
        """Passes white space and comments, which nest."""
        while True:
            if space := _SPACE.match(self._text, self._at):
                self._at = space.end()
            elif self._text.startswith("(", self._at):
                self._skip_comment()
            else:
                return

    def text(self, pattern: re.Pattern[str]) -> str:
        """A quoted string, or what the pattern allows, or both joined (`"a b"@example.org`)."""
        parts: list[str] = []
        while True:
            if quoted := _QUOTED.match(self._text, self._at):
                parts.append(_ESCAPED.sub(r"\1", quoted[1]))
                self._at = quoted.end()
            elif word := pattern.match(self._text, self._at):
                parts.append(word[0])
                self._at = word.end()
            else:
                self.skip()
                return "".join(parts)

    def name(self) -> str:
        """A word, or words joined by `/` or `.` with white space and comments between them."""
        parts = [self.text(_WORD)]
        while parts[-1] and (
            parts[-1].endswith(_JOINTS) or self._text.startswith(_JOINTS, self._at)
        ):
            parts.append(self.text(_WORD))
        return "".join(parts)

    def assigned(self) -> str | None:
        """The value behind `=`; None when there is no `=`."""
        if not self._text.startswith("=", self._at):
            return None
        self._at += 1
        self.skip()
        return self.text(_VALUE)

    def next_clause(self) -> bool:
        """Moves behind the next `;` that stands neither in quotes nor in a comment."""
        while self._at < len(self._text):
            self.skip()
            if self._text.startswith(";", self._at):
                self._at += 1
                self.skip()
                return True
            if not self.text(_VALUE):  # a stray bracket, or ""
                self._at += 1
        return False

    def _skip_comment(self) -> None:
        depth = 0
        while part := _COMMENT_PART.match(self._text, self._at):
            self._at = part.end()
            depth += {"(": 1, ")": -1}.get(part[0], 0)
            if depth == 0:
                return
