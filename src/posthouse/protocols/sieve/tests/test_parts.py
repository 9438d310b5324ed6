"""Scripts that look at the parts of a message, by the section of RFC 5703."""

import time

import pytest

from posthouse.protocols import sieve
from posthouse.protocols.sieve.tests.scene import Around, actions, holds, mistakes

LETTER = b"""\
From: Ada <ada@maths.example>
Content-Type: multipart/mixed; boundary=a
X-Part: whole

--a
Content-Type: multipart/alternative; boundary=b
X-Part: text

--b
Content-Type: text/plain; charset=utf-8
X-Part: plain

Hello Bob
--b
Content-Type: text/html
X-Part: html

<b>Hello</b> &lt;Bob&gt;
--b--
--a
Content-Type: APPLICATION/Zip; name*=utf-8''%E6%96%87.zip
Content-Disposition: Attachment; filename="offer.exe"; size=12
X-Part: file

UEsDBA==
--a
Content-Type: message/rfc822
X-Part: message

From: Eve <eve@inner.example>
X-Part: inner

deep
--a--
"""
ORDER = ["whole", "text", "plain", "html", "file", "message", "inner"]
EACH = 'if header :mime :matches "X-Part" "*" { set "seen" "${seen} ${1}"; }'


def seen(script: str, message: bytes = LETTER) -> list[str]:
    """What stands in the variable `seen` at the end."""
    return actions(f'{script} fileinto "_${{seen}}";', message)[0].removeprefix("file _").split()


def test_every_part_in_order():  # 3
    assert seen(f"foreverypart {{ {EACH} }}") == ORDER
    assert seen("foreverypart { " + EACH.replace(":mime ", "") + " }") == ["whole"] * len(ORDER)
    # A loop in a loop is about what is inside the part.
    inside = f'foreverypart {{ if header :mime "x-part" "text" {{ foreverypart {{ {EACH} }} }} }}'
    assert seen(inside) == ["plain", "html"]
    assert seen(f"foreverypart {{ foreverypart {{}} {EACH} }} {EACH}") == [*ORDER, "whole"]
    assert seen(f"foreverypart {{ {EACH} }}", b"X-Part: alone\n\nHello\n") == ["alone"]


def test_break():  # 3
    stop = 'if header :mime "X-Part" "plain" { break%s; } '
    assert seen(f"foreverypart {{ {stop % ''} {EACH} }}") == ["whole", "text"]
    inner = f"foreverypart {{ {stop % ''} {EACH} }}"
    assert seen(f'foreverypart :name "o" {{ {EACH} {inner} }}')[:3] == ["whole", "text", "text"]
    inner = "foreverypart { " + stop % ' :name "o"' + EACH + " }"
    assert seen(f'foreverypart :name "o" {{ {EACH} {inner} }}') == ["whole", "text"]
    head = 'require "foreverypart"; '
    assert "stands inside a loop" in mistakes(f"{head} break;")[0]
    assert "no loop “x”" in mistakes(f'{head} foreverypart :name "y" {{ break :name "x"; }}')[0]
    assert "has a block" in mistakes(f"{head} foreverypart;")[0]
    deep = "foreverypart { " * 5 + "}" * 5
    assert "Loops are nested more than 4 deep" in mistakes(head + deep)[0]


def test_loops_and_included_scripts():  # 3, RFC 6609
    head = 'require ["include", "foreverypart", "mime", "variables", "ihave"]; global "seen"; '
    texts = {
        "part": EACH,
        "loop": f"foreverypart {{ {EACH} }}",
        "deep": 'foreverypart { include "deep2"; }',
        "deep2": "foreverypart { foreverypart { foreverypart { foreverypart {} } } }",
    }

    def find(location: sieve.Location, name: str) -> bytes:
        return (head + texts[name]).encode()

    def ran(script: str, message: bytes = LETTER) -> list[str]:
        script = f'{head}{script} error "${{seen}}";'
        compiled = sieve.compile_script(script.encode(), find)
        outcome = compiled.run(sieve.Letter(message.replace(b"\n", b"\r\n")), Around())
        return (outcome.error or "").split()

    assert ran('foreverypart { include "part"; }') == ORDER
    into = 'if header :mime "X-Part" "text" { include "loop"; }'
    assert ran(f"foreverypart {{ {into} }}") == ["plain", "html"]
    nested = b"\n\n--%d\n".join(b"Content-Type: multipart/mixed; boundary=%d" for _ in range(8))
    nested %= (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7)
    told = ran('foreverypart { include "deep"; }', nested + b"\n\n--7\n\ndeep\n")
    assert "nested more than 4 deep" in " ".join(told)


@pytest.mark.parametrize(
    "test",
    [
        'header :mime "X-Part" "whole"',  # 4.1: outside of a loop that is the message
        'not header :mime "X-Part" "plain"',
        'header :mime :anychild "X-Part" "plain"',
        'header :mime :anychild "X-Part" "inner"',
        'not header "X-Part" "plain"',
        'header :mime :type "Content-Type" "multipart"',
        'header :mime :anychild :type "Content-Type" "application"',
        'header :mime :anychild :subtype "content-type" "zip"',
        'header :mime :anychild :contenttype "Content-Type" ["image/png", "application/zip"]',
        'not header :mime :contenttype "Content-Type" "application/zip"',
        'header :mime :anychild :param "NAME" "Content-Type" "文.zip"',  # RFC 2231
        'header :mime :anychild :type "Content-Disposition" "attachment"',
        'header :mime :anychild :contenttype "Content-Disposition" "attachment"',
        'header :mime :anychild :subtype "Content-Disposition" ""',
        'header :mime :anychild :param ["x", "filename"] :matches "Content-Disposition" "*.exe"',
        'header :mime :anychild :param ["size", "filename"] :count "eq" "Content-Disposition" "2"',
        'header :mime :anychild :count "eq" "X-Part" "7"',
        'address :mime "From" "ada@maths.example"',  # 4.2
        'not address :mime "From" "eve@inner.example"',
        'address :mime :anychild :domain "From" "inner.example"',
        'exists :mime "X-Part"',  # 4.3
        'not exists :mime "Content-Disposition"',
        'exists :mime :anychild ["Content-Disposition", "From"]',
        'not exists :mime :anychild ["Content-Disposition", "X-None"]',
    ],
)
def test_true_of_the_parts(test):
    assert holds(test, LETTER)


def test_mime_is_said_first():
    for test in ('header :anychild "a" "b"', 'header :type "a" "b"', 'exists :anychild "a"'):
        assert "stands beside “:mime”" in mistakes(f'require "mime"; if {test} {{}}')[0]
    assert mistakes('require "mime"; if header :mime :type :subtype "a" "b" {}')
    assert mistakes('require "mime"; if exists :mime :type "a" {}')
    assert 'needs: require "mime"' in mistakes('if header :mime "a" "b" {}')[0]


def test_a_changed_header_is_that_of_the_whole():  # RFC 5293
    change = 'addheader "X-Part" "new"; deleteheader :index 1 :last "X-Part";'
    assert seen(f"{change} foreverypart {{ {EACH} }}") == ["new", *ORDER[1:]]


def test_extracttext():  # 7
    loop = 'foreverypart { extracttext %s "t"; set "seen" "${seen}|${t}"; }'
    found = actions(loop % "" + 'error "${seen}";', LETTER)[0]
    texts = [text.strip() for text in found.removeprefix("error: ").split("|")]
    assert texts == ["", "", "", "Hello Bob", "Hello <Bob>", "", "", "deep"]
    assert actions(loop % ":first 4" + 'error "${seen}";', LETTER)[0] == (
        "error: |||Hell|Hell|||deep"
    )
    assert "|4|4|" in actions(loop % ":length :first 4" + 'error "${seen}";', LETTER)[0]
    assert "|HELL|" in actions(loop % ":first 4 :upper" + 'error "${seen}";', LETTER)[0]
    assert actions(
        'foreverypart { if header :mime "X-Part" "plain" { extracttext "t"; break; } }'
        'if string :contains "${t}" "Bob" { discard; }',
        LETTER,
    ) == []  # fmt: skip
    head = 'require ["extracttext", "foreverypart", "variables"]; '
    assert "stands inside a loop" in mistakes(f'{head} extracttext "t";')[0]
    assert mistakes(f'{head} foreverypart {{ extracttext "0"; }}')
    assert mistakes(f'{head} foreverypart {{ extracttext :first "t"; }}')
    assert "needs: require" in mistakes('require ["extracttext", "foreverypart"];')[0]


def test_many_parts_are_bounded():
    parts = b"".join(b"--a\nX-A: %d\n\nx\n" % n for n in range(3_000))
    message = b"Content-Type: multipart/mixed; boundary=a\n\n" + parts + b"--a--\n"
    began = time.process_time()
    deep = 'foreverypart { if header :mime :anychild :contains "x-a" "z" {} ' * 4 + "}" * 4
    assert actions(deep * 100, message)[-1] == "keep!"
    loop = 'foreverypart { extracttext "t"; if header :mime :anychild "x-a" "z" {} } '
    assert actions(loop * 1_000, message)[-1] == "keep!"
    assert time.process_time() - began < 3.0
