"""The test `body` (RFC 5173)."""

from collections.abc import Callable, Iterator

from posthouse.protocols import mime
from posthouse.protocols.sieve.checker import COMPARE_TAGS, Call, Checker, Spec, Tag
from posthouse.protocols.sieve.machine import Machine, Test

_MOST_PARTS = 500
_ENCODINGS = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64", "x-uuencode"))


def _body(checker: Checker, call: Call) -> Test:
    keys = checker.texts(call.strings(0))
    matching = checker.matching(call, keys)
    values = _values(checker, call)

    def test(machine: Machine) -> bool:
        # RFC 5173 6: what is found in a body never becomes a match variable.
        if not machine.letter.has_body:  # 3: then not even an empty string is in it
            return False
        return machine.match(matching, values(machine), keys) is not None

    return test


def _values(checker: Checker, call: Call) -> Callable[[Machine], Iterator[str]]:
    kind = call.tag("transform") or "text"
    if kind == "raw":
        return _raw
    if kind == "text":
        return lambda machine: _texts(machine)
    said = call.tag_strings("transform")
    assert said is not None
    types = checker.texts(said)
    return lambda machine: _contents(machine, machine.texts(types))


def _raw(machine: Machine) -> Iterator[str]:
    """5.1: everything after the header, as it came."""
    machine.budget.pay(machine.letter.size)
    letter = machine.letter
    yield _lines(letter.raw[letter.scan.root.body_start :].decode("utf-8", "surrogateescape"))


def _texts(machine: Machine) -> Iterator[str]:
    """5.3: what a reader would see of every text part."""
    for part in machine.letter.scan.parts[:_MOST_PARTS]:
        if (text := reader_text(machine, part)) is not None:
            yield text


def reader_text(machine: Machine, part: mime.Part) -> str | None:
    """What a reader would see of one part; None for what is no text."""
    is_html = part.mime_type in ("text/html", "application/xhtml+xml")
    is_text = part.type == "text" and _is_type(part.subtype)
    if part.kind != mime.LEAF or not (is_html or is_text) or part.encoding not in _ENCODINGS:
        return None
    machine.budget.pay(part.body_end - part.body_start)
    text = mime.text_of(machine.letter.scan, part)
    return _lines(mime.html_to_text(text) if is_html else text)


def _contents(machine: Machine, types: list[str]) -> Iterator[str]:
    """5.2: the decoded parts of those types."""
    scan = machine.letter.scan
    for part in scan.parts[:_MOST_PARTS]:
        if not any(_wanted(part, each) for each in types):
            continue
        machine.budget.pay(part.body_end - part.body_start)
        if part.kind == mime.LEAF and part.type == "text":
            yield _lines(mime.text_of(scan, part))
        elif part.kind == mime.LEAF:
            yield mime.content(scan, part).decode("utf-8", "surrogateescape")
        else:
            yield _around(scan, part)


def _around(scan: mime.Scan, part: mime.Part) -> str:
    """5.2: of a multipart what stands before and after its parts, of a message its header."""
    raw, children = scan.raw, scan.children(part)
    if part.kind == mime.MESSAGE:
        ends = [end for _, _, end in mime.field_spans(raw, children[0])]
        data = raw[children[0].header_start : max(ends, default=children[0].header_start)]
    else:
        before = raw[part.body_start : children[0].header_start]
        after = raw[children[-1].end : part.body_end]
        # The lines of the boundary itself belong to neither.
        data = before[: before.rstrip().rfind(b"\n") + 1] + after[after.find(b"\n") + 1 :]
    return _lines(data.decode("utf-8", "surrogateescape"))


def _wanted(part: mime.Part, wanted: str) -> bool:
    wanted = wanted.lower()
    main, slash, sub = wanted.partition("/")
    if not wanted:
        return True
    if "/" in sub or not _is_type(part.subtype):
        return False
    return (main, sub) == (part.type, part.subtype) if slash else main == part.type


def _is_type(subtype: str) -> bool:
    return "/" not in subtype


def _lines(text: str) -> str:
    """Line ends as the strings of a script have them."""
    if "\n" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


COMMANDS: dict[str, Spec] = {
    "body": Spec(
        build=_body,
        test=True,
        needs=frozenset({"body"}),
        tags=(
            *COMPARE_TAGS,
            Tag("raw", group="transform"),
            Tag("text", group="transform"),
            Tag("content", takes="strings", group="transform"),
        ),
        takes=("strings",),
    )
}
