"""Scripts that include others, by the section of RFC 6609."""

import time

import pytest

from posthouse.protocols import sieve
from posthouse.protocols.sieve.tests.scene import MESSAGE, Around, mistakes

HEAD = 'require ["include", "variables", "fileinto", "imap4flags"];\n'


def run(script: str, **others: str) -> list[str]:
    """What is done with the message: folders, `keep`, or the error. `g_` begins global names."""
    texts = {name: f"{HEAD}{text}".encode() for name, text in others.items()}

    def find(location: sieve.Location, name: str) -> bytes | None:
        return texts.get(f"g_{name}" if location == "global" else name)

    compiled = sieve.compile_script(f"{HEAD}{script}".encode(), find)
    outcome = compiled.run(sieve.Letter(MESSAGE), Around())
    done = [
        action.folder if isinstance(action, sieve.FileInto) else "keep"
        for action in outcome.actions
    ]
    return [f"error: {outcome.error}"] if outcome.error else done


def refused(script: str, **others: str) -> str:
    with pytest.raises(sieve.ScriptError) as told:
        run(script, **others)
    return str(told.value)


def test_an_included_script_runs_in_its_place():  # 3.2
    assert run('fileinto "a"; include "b"; fileinto "c";', b='fileinto "b";') == ["a", "b", "c"]
    assert run('include "b"; include "b";', b='fileinto "b";') == ["b"]
    assert run('include "b";', b="discard;") == []  # 3.2: it cancels the implicit keep as well
    assert run('if false { include "b"; }', b="discard;") == ["keep"]


def test_where_it_is_found():  # 3.2
    others = {"b": 'fileinto "mine";', "g_b": 'fileinto "ours";'}
    assert run('include "b";', **others) == ["mine"]
    assert run('include :personal "b";', **others) == ["mine"]
    assert run('include :global "b";', **others) == ["ours"]
    assert "cannot stand here a second time" in refused('include :global :personal "b";', **others)


def test_one_that_is_missing():  # 3.2
    assert "There is no script “b” to include." in refused('include "b";')
    assert run('include :optional "b"; fileinto "a";') == ["a"]
    assert mistakes(f'{HEAD}include "b";') == []  # it may be sent later


def test_once():  # 3.2
    count = 'global "n"; set "n" "${n}I";'
    shown = 'global "n"; fileinto "${n}";'
    assert run('include "b"; include "b"; ' + shown, b=count) == ["II"]
    assert run('include :once "b"; include :once "b"; ' + shown, b=count) == ["I"]
    assert run('include "b"; include :once "b"; ' + shown, b=count) == ["I"]
    assert run('include "c"; include :once "b"; ' + shown, b=count, c='include "b";') == ["I"]


def test_return_and_stop():  # 3.3, 3.2
    assert run('include "b"; fileinto "a";', b='fileinto "b"; return; discard;') == ["b", "a"]
    assert run('include "b"; fileinto "a";', b='if true { return; } fileinto "b";') == ["a"]
    assert run('include "b"; fileinto "a";', b='fileinto "b"; stop;') == ["b"]
    assert run('fileinto "a"; return; discard;') == ["a"]


def test_circles_are_refused():  # 3.1
    assert "“b” includes itself" in refused('include "b";', b='include "b";')
    assert "“b” includes itself" in refused('include "b";', b='include "c";', c='include "b";')
    # What is included once cannot go round.
    both = {"b": 'fileinto "b"; include :once "c";', "c": 'fileinto "c"; include :once "b";'}
    assert run('include :once "b";', **both) == ["b", "c"]
    assert run('include "c";', **both) == ["c", "b"]


def test_how_deep():  # 3.1: three levels at least
    chain = {f"n{n}": f'include "n{n + 1}";' for n in range(1, 5)}
    assert run('include "n1";', **chain, n5='fileinto "end";') == ["end"]
    told = refused('include "n1";', **chain, n5='include "n6";', n6="keep;")
    assert "more than 5 deep" in told


def test_variables_are_each_scripts_own():  # 3.4
    assert run('set "a" "x"; include "b"; fileinto "${a}";', b='set "a" "y";') == ["x"]
    assert run('set "a" "x"; include "b";', b='fileinto "<${a}>";') == ["<>"]
    matched = 'if header :matches "x-tag" "o*" { include "b"; fileinto "${1}"; }'
    assert run(matched, b='fileinto "<${1}>"; if string :matches "z" "?" {}') == ["<>", "ne"]


def test_global_variables():  # 3.4.1
    assert run('global "a"; set "a" "x"; include "b";', b='global "a"; fileinto "${a}";') == ["x"]
    assert run('global ["a"]; include "b"; fileinto "${a}";', b='global "A"; set "a" "y";') == ["y"]
    assert run('global "a"; set "a" "x"; include "b";', b='fileinto "<${a}>";') == ["<>"]
    assert run('global "f"; addflag "f" "x"; include "b";', b='global "f"; fileinto "${f}";') == [
        "x"
    ]
    assert "a variable of this script already" in refused('set "a" "x"; global "a";')
    assert 'require "variables"' in mistakes('require "include"; global "a";')[0]
    assert "is no name of a variable" in refused('global "1";')


def test_the_namespace_of_global_variables():  # 3.4.2
    assert run('set "global.a" "x"; include "b";', b='fileinto "${global.a}";') == ["x"]
    assert run('global "a"; set "global.A" "x"; fileinto "${a}";') == ["x"]
    assert run('set "global.a" "x"; fileinto "<${a}>";') == ["<>"]
    for name in ("globl.a", "global.a.b", "global.1", "global."):
        assert refused(f'set "{name}" "x";')
    assert mistakes('require "variables"; set "global.a" "x";')


def test_each_script_says_what_it_requires():  # 3.1
    texts = {"b": b'fileinto "b";'}
    with pytest.raises(sieve.ScriptError, match=r'In “b”, line 1, column 1: .* needs: require "fi'):
        sieve.compile_script(f'{HEAD}include "b";'.encode(), lambda where, name: texts.get(name))
    assert 'require "include"' in mistakes('include "b";')[0]
    assert 'require "include"' in mistakes("return;")[0]


def test_a_mistake_is_told_once_and_quickly():
    began = time.process_time()
    bad = "nonsense; " * 5_000
    assert "In “b”, line 2" in refused('include "b"; ' * 5_000, b=bad)
    assert run('include "b"; ' * 5_000, b='include "c"; ' * 5_000, c="keep;")[0].startswith("error")
    assert time.process_time() - began < 3.0


def test_what_parts_need_is_known_of_the_whole():
    found = {"b": b'require "spamtest"; if spamtest "10" { discard; }'}
    script = sieve.compile_script(f'{HEAD}include "b";'.encode(), lambda _, name: found.get(name))
    assert script.requires >= {"include", "spamtest"}
