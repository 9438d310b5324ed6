"""Reading arguments: each command says in a table what it takes; this finds what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast

from posthouse.protocols.sieve.comparators import BUILT_IN, CASEMAP, COMPARATORS, Comparator
from posthouse.protocols.sieve.errors import Problem, ScriptFailed, shown
from posthouse.protocols.sieve.expressions import compiled
from posthouse.protocols.sieve.including import Shelf
from posthouse.protocols.sieve.lexer import Source
from posthouse.protocols.sieve.machine import Machine, Run, Test
from posthouse.protocols.sieve.matching import RELATIONS, Matching, MatchType
from posthouse.protocols.sieve.naming import Variables
from posthouse.protocols.sieve.syntax import Argument, Node, Number, Strings
from posthouse.protocols.sieve.syntax import Tag as WrittenTag
from posthouse.protocols.sieve.values import BadReference, Text, decode_encoded, template

T = TypeVar("T")
Takes = Literal["number", "string", "strings"]
Tests = Literal["none", "one", "many"]


@dataclass(frozen=True, slots=True)
class Tag:
    """An optional argument. Of the tags of one `group` a command takes one."""

    name: str
    takes: Takes | None = None
    needs: str | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a command or test takes: `needs` are the extensions it belongs to."""

    build: Callable[[Checker, Call], Run | Test]
    test: bool = False
    needs: frozenset[str] = frozenset()
    tags: tuple[Tag, ...] = ()
    takes: tuple[Takes, ...] = ()
    first_optional: bool = False
    last_optional: bool = False
    tests: Tests = "none"
    block: bool = False
    # What holds while the block is read.
    inside: Callable[[Checker, Call], AbstractContextManager[None]] | None = None


@dataclass(slots=True)
class Call:
    """One command with its arguments sorted."""

    node: Node
    tags: dict[str, tuple[str, Argument | None]]
    given: list[Argument]
    tests: list[Test] = field(default_factory=list)
    block: Run | None = None
    # Of each of these one extension must have been found before this runs (RFC 5463 4).
    needs: list[frozenset[str]] = field(default_factory=list)

    def strings(self, place: int) -> Strings:
        found = self.given[place]
        assert isinstance(found, Strings)
        return found

    def number(self, place: int) -> int:
        found = self.given[place]
        assert isinstance(found, Number)
        return found.value

    def tag(self, group: str) -> str | None:
        """Which tag of the group was given."""
        return self.tags[group][0] if group in self.tags else None

    def tag_strings(self, group: str) -> Strings | None:
        found = self.tags.get(group, ("", None))[1]
        return found if isinstance(found, Strings) else None

    def tag_number(self, group: str) -> int | None:
        found = self.tags.get(group, ("", None))[1]
        return found.value if isinstance(found, Number) else None


class Mistake(Exception):
    """A command that cannot be built; `at` is the place in the script."""

    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at = at
        self.text = text


class Missing(Mistake):
    """An argument is."""


COMPARE_TAGS = (
    Tag("comparator", takes="string"),
    Tag("is", group="match"),
    Tag("contains", group="match"),
    Tag("matches", group="match"),
    Tag("regex", group="match", needs="regex"),
    Tag("count", takes="string", group="match", needs="relational"),
    Tag("value", takes="string", group="match", needs="relational"),
)
# RFC 6134 2.2: of tests that look for values in lists.
LISTED_TAGS = (*COMPARE_TAGS, Tag("list", group="match", needs="extlists"))
INDEX_TAGS = (Tag("index", takes="number", needs="index"), Tag("last", needs="index"))


class Checker:
    """What is known while a script is read: its extensions, and the mistakes so far."""

    def __init__(self, source: Source, shelf: Shelf | None = None) -> None:
        self.source = source
        self.shelf = shelf
        self.extensions: set[str] = set()
        self.problems: list[Problem] = []
        self.loops: list[str | None] = []  # those around, by name (RFC 5703 3)
        self.variables = Variables(self.extensions)
        # RFC 5463 4: after a test for something there is not, mistakes wait until they are run;
        # what only a test has brought is there when that was made.
        self.lenient = False
        self._tested: set[str] = set()

    def mistake(self, at: int, text: str) -> None:
        self.problems.append(self.source.problem(at, text))

    def test_for(self, names: Iterable[str]) -> None:
        """From here on these can be used, if a test has found them."""
        self._tested |= set(names) - self.extensions
        self.extensions.update(names)

    def sort(self, node: Node, spec: Spec) -> Call:
        """The arguments of a command as its table wants them. Raises Mistake."""
        call = Call(node, {}, [])
        self._note(call, spec.needs & self.extensions)
        arguments = list(node.arguments)
        while arguments:
            argument = arguments.pop(0)
            if isinstance(argument, WrittenTag):
                tag = self._tag(node, spec, argument)
                group = tag.group or tag.name
                if call.given:  # RFC 5228 2.6.2
                    raise Mistake(argument.at, f"“:{tag.name}” stands before what has no tag.")
                if group in call.tags:
                    raise Mistake(argument.at, f"“:{tag.name}” cannot stand here a second time.")
                if tag.needs is not None:
                    self._note(call, frozenset({tag.needs}))
                call.tags[group] = (tag.name, _value_of(tag, argument, arguments))
            else:
                call.given.append(argument)
        self._check_given(call, spec)
        return call

    def _note(self, call: Call, needed: frozenset[str]) -> None:
        if needed and needed <= self._tested:
            call.needs.append(needed)

    def _tag(self, node: Node, spec: Spec, written: WrittenTag) -> Tag:
        candidates = [tag for tag in spec.tags if tag.name == written.name]
        if not candidates:
            raise Mistake(written.at, f"“{node.name}” has no “:{shown(written.name)}”.")
        for tag in candidates:
            if tag.needs is None or tag.needs in self.extensions:
                return tag
        raise Mistake(written.at, f'“:{written.name}” needs: require "{candidates[0].needs}";')

    def _check_given(self, call: Call, spec: Spec) -> None:
        node, takes = call.node, list(spec.takes)
        if len(call.given) == len(takes) - 1:
            if spec.first_optional:
                del takes[0]
            elif spec.last_optional:
                del takes[-1]
        for argument, wanted in zip(call.given, takes, strict=False):
            _check_kind(argument, wanted, node.name)
        if len(call.given) < len(takes):
            raise Missing(node.at, f"“{node.name}” needs a {_NAMED[takes[len(call.given)]]} more.")
        if len(call.given) > len(takes):
            raise Mistake(call.given[len(takes)].at, f"“{node.name}” takes no more arguments.")

    def text(self, strings: Strings) -> Text:
        return self.texts(strings)[0]

    def tag_text(self, call: Call, tag: str) -> Text | None:
        """What a tag says; None when it is not there. Raises Mistake."""
        said = call.tag_strings(tag)
        return self.text(said) if said else None

    def texts(self, strings: Strings) -> tuple[Text, ...]:
        """The strings of an argument, with their variables. Raises Mistake."""
        found: list[Text] = []
        for value, at in zip(strings.values, strings.places, strict=True):
            try:
                plain = decode_encoded(value) if "encoded-character" in self.extensions else value
                has_variables = "variables" in self.extensions
                found.append(template(plain, self.variables.key_of) if has_variables else plain)
            except ValueError as error:
                raise Mistake(at, str(error)) from None
        return tuple(found)

    def constant(self, strings: Strings, why: str) -> str:
        return self.constants(strings, why)[0]

    def constants(self, strings: Strings, why: str) -> tuple[str, ...]:
        """Strings that must be known beforehand. Raises Mistake."""
        texts = self.texts(strings)
        for text, at in zip(texts, strings.places, strict=True):
            if not isinstance(text, str):
                raise Mistake(at, f"{why} is written out: it has no variables.")
        return tuple(text for text in texts if isinstance(text, str))

    def names(self, strings: Strings, use: Callable[[str], T]) -> list[T]:
        """What is done with the names of variables, one after another. Raises Mistake."""
        found: list[T] = []
        constants = self.constants(strings, "The name of a variable")
        for name, at in zip(constants, strings.places, strict=True):
            try:
                found.append(use(name))
            except BadReference as error:
                raise Mistake(at, str(error)) from None
        return found

    def matching(self, call: Call, keys: Sequence[Text], default: Comparator = CASEMAP) -> Matching:
        """How the test compares. Raises Mistake."""
        if call.tag("match") == "list" and call.tag_strings("comparator") is not None:
            raise Mistake(call.node.at, "“:list” has no comparator.")
        comparator = self._comparator(call, default)
        kind = cast(MatchType, call.tag("match") or "is")  # those of LISTED_TAGS
        if kind in ("contains", "matches", "regex") and not comparator.substring:
            raise Mistake(call.node.at, f"“{comparator.name}” does not look into strings.")
        relation = "eq"
        if (said := call.tag_strings("match")) is not None:
            relation = self.constant(said, "What is compared").lower()
            if relation not in RELATIONS:
                raise Mistake(said.at, f"“{shown(relation)}” is none of {', '.join(RELATIONS)}.")
        if kind == "regex":
            self._check_expressions(call, keys, comparator)
        return Matching(kind, comparator, relation)

    def _comparator(self, call: Call, default: Comparator) -> Comparator:
        said = call.tag_strings("comparator")
        if said is None:
            return default
        name = self.constant(said, "A comparator")
        comparator = COMPARATORS.get(name)  # type: ignore[call-overload]
        if comparator is None:
            raise Mistake(said.at, f"There is no comparator “{shown(name)}”.")
        if name not in BUILT_IN and f"comparator-{name}" not in self.extensions:
            raise Mistake(said.at, f'“{name}” needs: require "comparator-{name}";')
        assert isinstance(comparator, Comparator)
        if name not in BUILT_IN:
            self._note(call, frozenset({f"comparator-{name}"}))
        return comparator

    def _check_expressions(self, call: Call, keys: Sequence[Text], comparator: Comparator) -> None:
        for key in keys:
            if isinstance(key, str):
                try:
                    compiled(key, fold_case=comparator.name != "i;octet")
                except ScriptFailed as error:
                    raise Mistake(call.node.at, str(error)) from None

    def index(self, call: Call) -> Callable[[Sequence[T]], Sequence[T]]:
        """Which of several values a test looks at (RFC 5260 6). Raises Mistake."""
        number = call.tag_number("index")
        from_end = call.tag("last") is not None
        if number is None:
            if from_end:
                raise Mistake(call.node.at, "“:last” stands beside “:index”.")
            return lambda values: values
        if number == 0:
            raise Mistake(call.node.at, "“:index” counts from 1.")
        return lambda values: one_of(values, number, from_end=from_end)


def one_of(values: Sequence[T], number: int, *, from_end: bool) -> Sequence[T]:
    """The value of that number, counted from 1 at the front or at the end; none if missing."""
    if number > len(values):
        return []
    return [values[-number] if from_end else values[number - 1]]


_NAMED: Mapping[Takes, str] = {
    "number": "number",
    "string": "string",
    "strings": "string or list of strings",
}


def _value_of(tag: Tag, written: WrittenTag, rest: list[Argument]) -> Argument | None:
    if tag.takes is None:
        return None
    if not rest or isinstance(rest[0], WrittenTag):
        raise Mistake(written.at, f"“:{tag.name}” needs a {_NAMED[tag.takes]} behind it.")
    value = rest.pop(0)
    _check_kind(value, tag.takes, f":{tag.name}")
    return value


def _check_kind(argument: Argument, wanted: Takes, name: str) -> None:
    fits = {
        "number": isinstance(argument, Number),
        "string": isinstance(argument, Strings) and not argument.listed,
        "strings": isinstance(argument, Strings),
    }
    if not fits[wanted]:
        raise Mistake(argument.at, f"“{name}” wants a {_NAMED[wanted]} here.")


def failing(text: str) -> Run:
    """A command that ends the script when it is reached."""

    def run(machine: Machine) -> None:
        raise ScriptFailed(text)

    return run
