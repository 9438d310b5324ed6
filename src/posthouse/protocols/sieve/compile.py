"""From the bytes of a script to something that runs."""

import contextlib
from collections.abc import Sequence

from posthouse.protocols.sieve.checker import Call, Checker, Missing, Mistake, Spec, failing
from posthouse.protocols.sieve.errors import ScriptError, ScriptFailed, shown
from posthouse.protocols.sieve.extensions import are_known, contradiction, with_their_own
from posthouse.protocols.sieve.including import Find, Returned, Shelf
from posthouse.protocols.sieve.letter import Letter
from posthouse.protocols.sieve.lexer import Source
from posthouse.protocols.sieve.machine import Machine, Run, Stopped, Test
from posthouse.protocols.sieve.model import Keep, Outcome, Script, Surroundings
from posthouse.protocols.sieve.syntax import MOST_PROBLEMS, Node, Strings, parse
from posthouse.protocols.sieve.table import COMMANDS

_STEP = 200  # one command or test: a microsecond or two


def compile_script(script: bytes, find: Find | None = None) -> Script:
    """Read and check a script. Raises ScriptError with every mistake that was found.

    `find` knows the scripts it may include; without it, it is checked by itself and not to be run.
    """
    shelf = None if find is None else Shelf(find, _read)
    run, extensions = _read(script, shelf)
    if shelf is not None:
        extensions |= shelf.seal()
    return Script(lambda letter, around: execute(run, letter, around), extensions)


def _read(script: bytes, shelf: Shelf | None) -> tuple[Run, frozenset[str]]:
    source = Source(script)
    checker = Checker(source, shelf)
    compiler = Compiler(checker)
    run = compiler.commands(compiler.required(parse(source)))
    if checker.problems:
        raise ScriptError(sorted(checker.problems)[:MOST_PROBLEMS])
    return run, frozenset(checker.extensions)


def execute(run: Run, letter: Letter, surroundings: Surroundings) -> Outcome:
    """One run. A script that fails keeps the message (RFC 5228 2.10.6), as it came."""
    machine = Machine(letter, surroundings)
    try:
        with contextlib.suppress(Stopped, Returned):
            run(machine)
        return machine.finish()
    except ScriptFailed as failure:
        return Outcome([Keep(implicit=True)], error=str(failure))


class Compiler:
    """Turns commands and tests into functions; mistakes go to the checker."""

    def __init__(self, checker: Checker, commands: dict[str, Spec] | None = None) -> None:
        self._checker = checker
        self._specs = COMMANDS if commands is None else commands

    def required(self, nodes: Sequence[Node]) -> list[Node]:
        """Take the `require` commands at the front (RFC 5228 3.2); the rest of the script."""
        rest = list(nodes)
        while rest and rest[0].name == "require":
            self._require(rest.pop(0))
        extensions = self._checker.extensions
        if "extracttext" in extensions and not extensions >= {"foreverypart", "variables"}:
            needed = '“extracttext” needs: require ["foreverypart", "variables"];'
            self._checker.mistake(nodes[0].at, needed)  # RFC 5703 7
        if (wrong := contradiction(extensions)) is not None:
            self._checker.mistake(nodes[0].at, wrong)
        return rest

    def _require(self, node: Node) -> None:
        given = node.arguments[0] if node.arguments else None
        if not isinstance(given, Strings) or len(node.arguments) != 1 or node.tests:
            self._checker.mistake(node.at, "“require” wants a list of extensions.")
            return
        if node.block is not None:
            self._checker.mistake(node.at, "“require” has no block.")
        for name, at in zip(given.values, given.places, strict=True):
            if are_known([name]):
                self._checker.extensions.add(name)
            else:
                self._checker.mistake(at, f"There is no extension “{shown(name)}” here.")
        self._checker.extensions |= with_their_own(self._checker.extensions)

    def commands(self, nodes: Sequence[Node]) -> Run:
        """A block: its commands one after another."""
        runs: list[Run] = []
        position = 0
        while position < len(nodes):
            node = nodes[position]
            position += 1
            if node.name in ("if", "elsif"):
                chain = [node]
                while position < len(nodes) and nodes[position].name in ("elsif", "else"):
                    chain.append(nodes[position])
                    position += 1
                    if chain[-1].name == "else":
                        break
                runs.append(self._choice(chain))
            else:
                runs.append(self._command(node))
        return _in_turn(runs)

    def _command(self, node: Node) -> Run:
        try:
            return self._built(node)
        except Mistake as mistake:
            return self._mistaken(mistake)

    def _mistaken(self, mistake: Mistake) -> Run:
        if self._checker.lenient:
            return failing(str(self._checker.source.problem(mistake.at, mistake.text)))
        self._checker.mistake(mistake.at, mistake.text)
        return failing(mistake.text)

    def _built(self, node: Node) -> Run:
        if node.name == "else":
            raise Mistake(node.at, "There is no “if” before this “else”.")
        if node.name == "require":
            raise Mistake(node.at, "“require” stands before all other commands.")
        spec = self._spec(node)
        if spec.test:
            raise Mistake(node.at, f"“{node.name}” is a test: it stands behind “if”.")
        call = self._sorted(node, spec)
        if node.block is not None:
            inside = spec.inside(self._checker, call) if spec.inside else contextlib.nullcontext()
            with inside:
                call.block = self.commands(node.block)
        built = spec.build(self._checker, call)

        def run(machine: Machine) -> None:
            machine.budget.pay(_STEP)
            if call.needs:
                machine.check_found(call.needs)
            built(machine)

        return run

    def _choice(self, chain: Sequence[Node]) -> Run:
        """if, elsif and else (RFC 5228 3.1)."""
        branches: list[tuple[Test | None, Run]] = []
        if chain[0].name != "if":
            mistake = Mistake(chain[0].at, f"There is no “if” before this “{chain[0].name}”.")
            return self._mistaken(mistake)
        for node in chain:
            try:
                test = self._condition(node)
            except Mistake as mistake:
                failed = self._mistaken(mistake)
                branches.append((None, failed))
                if node.block is not None:
                    self.commands(node.block)
                continue
            branches.append((test, self.commands(node.block or [])))

        def run(machine: Machine) -> None:
            for test, block in branches:
                machine.budget.pay(_STEP)
                if test is None or test(machine):
                    block(machine)
                    return

        return run

    def _condition(self, node: Node) -> Test | None:
        wanted = 0 if node.name == "else" else 1
        if node.arguments:
            raise Mistake(node.arguments[0].at, f"“{node.name}” takes no arguments.")
        if len(node.tests) != wanted or node.test_list:
            what = "one test" if wanted else "no test"
            raise Mistake(node.at, f"“{node.name}” takes {what}.")
        if node.block is None:
            raise Mistake(node.at, f"“{node.name}” has a block: {{ … }}.")
        return self._test(node.tests[0]) if wanted else None

    def _test(self, node: Node) -> Test:
        spec = self._spec(node)
        if not spec.test:
            raise Mistake(node.at, f"“{node.name}” is no test.")
        call = self._sorted(node, spec)
        call.tests = [self._test(each) for each in node.tests]
        built = spec.build(self._checker, call)

        def test(machine: Machine) -> bool:
            machine.budget.pay(_STEP)
            if call.needs:
                machine.check_found(call.needs)
            return bool(built(machine))

        return test

    def _spec(self, node: Node) -> Spec:
        spec = self._specs.get(node.name)
        if spec is None:
            raise Mistake(node.at, f"There is no command or test “{shown(node.name)}”.")
        if spec.needs and not spec.needs & self._checker.extensions:
            raise Mistake(node.at, f'“{node.name}” needs: require "{min(spec.needs)}";')
        return spec

    def _sorted(self, node: Node, spec: Spec) -> Call:
        """The arguments in their places, where all else about the command is as it should be."""
        try:
            call = self._checker.sort(node, spec)
        except Mistake as mistake:
            self._tell_also(node, spec, missing=isinstance(mistake, Missing))
            raise
        self._check_shape(node, spec)
        return call

    def _tell_also(self, node: Node, spec: Spec, *, missing: bool) -> None:
        """What else is wrong. Where an argument is missing a test is likely to stand in its place:
        then that is told if there is none of its name, such as a tag without its colon.
        """
        try:
            if missing:
                for test in node.tests:
                    self._spec(test)
            else:
                self._check_shape(node, spec)
        except Mistake as another:
            self._mistaken(another)

    def _check_shape(self, node: Node, spec: Spec) -> None:
        """Tests and a block where they belong (RFC 5228 8.2)."""
        if spec.tests == "none" and (node.tests or node.test_list):
            raise Mistake(node.tests[0].at, f"“{node.name}” takes no test.")
        if spec.tests == "one" and (len(node.tests) != 1 or node.test_list):
            raise Mistake(node.at, f"“{node.name}” takes one test.")
        if spec.tests == "many" and not node.test_list:
            raise Mistake(node.at, f"“{node.name}” takes a list of tests: ( … ).")
        if node.block is not None and not spec.block:
            raise Mistake(node.at, f"“{node.name}” has no block.")


def _in_turn(runs: Sequence[Run]) -> Run:
    def run(machine: Machine) -> None:
        for each in runs:
            each(machine)

    return run
