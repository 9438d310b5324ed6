"""Hostile scripts: linear, bounded, and always an answer."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import sieve
from posthouse.protocols.sieve import wildcards
from posthouse.protocols.sieve.budget import Budget
from posthouse.protocols.sieve.syntax import MOST_PROBLEMS
from posthouse.protocols.sieve.tests.scene import MESSAGE, Around, actions, mistakes

WORDS = st.sampled_from(
    ["if", "not", "keep", "stop", "require", '"fileinto"', "fileinto", '"a"', "[", "]", "(", ")",
     "{", "}", ",", ";", ":is", ":over", "1K", "anyof", "true", "text:\n.\n", "/*", "*/", "#", "\n",
     "elsif", "else", "$", '["foreverypart", "include", "mime"]', "foreverypart", "break", ":mime",
     "exists", "include", "return", ":once", '["replace", "enclose", "ihave", "spamtestplus"]',
     "replace", "enclose", "ihave", '"replace"', "spamtest", ":percent", ":subject", ":mime"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40))
def test_any_words_are_read_or_refused(words):
    try:
        script = sieve.compile_script(" ".join(words).encode())
    except sieve.ScriptError as error:
        assert 0 < len(error.problems) <= MOST_PROBLEMS  # noqa: PT017 - either end is right
    else:
        failed = script.run(sieve.Letter(MESSAGE), Around()).error or ""
        assert not failed or "enclosed at most" in failed or "where no test" in failed


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(script):
    try:
        sieve.compile_script(script)
    except sieve.ScriptError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)  # noqa: PT017


def _slowly(pattern: str, value: str) -> bool:
    if not pattern:
        return not value
    if pattern[0] == "*":
        return _slowly(pattern[1:], value) or (bool(value) and _slowly(pattern, value[1:]))
    return bool(value) and pattern[0] in ("?", value[0]) and _slowly(pattern[1:], value[1:])


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_match_what_they_should(pattern, value):
    found = wildcards.match(pattern, value, value, Budget())
    assert (found is not None) == _slowly(pattern, value)
    if found is not None:
        rest = iter(found)
        assert "".join(next(rest) if sign in "*?" else sign for sign in pattern) == value


@pytest.mark.parametrize(
    "script",
    [
        'if address :contains "to" "x" {} ' * 3_000,
        'if header :contains "to" "x" {} ' * 3_000,
        'if body :raw :contains "zz" {} ' * 3_000,
        'if header :matches "to" "*?a?b?c*" {} ' * 2_000,
        "".join(f'deleteheader "x-{n}"; if exists "x" {{}} ' for n in range(3_000)),
    ],
)
def test_a_large_message_is_bounded_too(script):
    fields = b"".join(b"X-%d: y\n" % n for n in range(5_000))
    message = fields + b"To: " + b"a, (b " * 60_000 + b"\n\n" + b"body \n" * 100_000
    began = time.process_time()
    assert actions(script, message)[-1:] in (["keep!"], [])
    assert time.process_time() - began < 3.0


@given(st.binary(max_size=300))
def test_any_message_can_be_asked(message):
    script = sieve.compile_script(
        b'require ["body", "date", "editheader", "envelope", "variables"];'
        b'if anyof (header :matches ["a", "subject"] "*x*", address :domain "from" "a",'
        b' date "date" "year" "x", body :contains "z") { addheader "x" "y"; }'
        b'deleteheader "a"; keep;'
    )
    letter = sieve.Letter(message)
    assert script.run(letter, Around(now=datetime(2026, 1, 1, tzinfo=UTC))).error is None


@pytest.mark.parametrize(
    "script",
    [
        "if true {" * 100 + "}" * 100,
        "if " + "not " * 100 + "true {}",
        "if " + "anyof(" * 5000,
        "keep; " * 20_000,
        'redirect "' + "a" * (1 << 20) + '";',
        "if size :over " + "9" * 100_000 + " {}",
        "/*" * 100_000,
        "[" * 100_000,
        '"' * 100_001,
        "text:" + "\n..x" * 100_000,
        ":" * 100_000,
        "$" * 100_000,
        "keep } " * 100_000,
        "if true { $ " * 10_000,
        'require "variables"; ' + "".join(f'set "v{n}" "x"; ' for n in range(1000)),
    ],
)
def test_monsters_are_refused_quickly(script):
    began = time.process_time()
    assert mistakes(script)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "script",
    [
        'set "a" "x"; ' + 'set "a" "${a}${a}"; ' * 40 + "discard;",
        'set "a" "' + "路" * 4000 + '"; ' + 'set :encodeurl "b" "${a}"; ' * 3000 + "discard;",
        'set "a" "mailto:' + "a@b.example," * 600 + '"; '
        + 'if valid_notify_method ["${a}", "${a}"] {} ' * 3000 + "discard;",
        'set "a" "' + "a@b.example, " * 4000 + '"; '
        + 'if string :list "${a}" ":addrbook:default" {} ' * 3000 + "discard;",
        'set "a" "' + "a" * 4000 + '"; '
        + ('if string :matches "${a}" "' + "*a" * 1000 + 'b" { discard; } ') * 50,
        'set "a" "' + "a" * 60_000 + '"; '
        + ('if string :matches "${a}" "*' + "?a" * 2000 + 'b*" { discard; } ') * 50,
        'set "a" "' + "a" * 60_000 + '"; '
        + ('if string :regex "${a}" "(a*)*(a|aa)*b{1,100}" { discard; } ') * 200,
        "".join(f'addheader "X-{n}" "x"; ' for n in range(1000)),
        "".join(f'fileinto "f{n}"; ' for n in range(100)),
        "".join(f'redirect "a{n}@b.example"; ' for n in range(5)),
    ],
)  # fmt: skip
def test_a_run_is_bounded(script):
    began = time.process_time()
    found = actions(script)
    assert time.process_time() - began < 2.0
    assert found[-1:] in (["keep!"], [])
