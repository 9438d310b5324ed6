"""Replacing and enclosing (RFC 5703 5, 6), clause by clause."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime, sieve
from posthouse.protocols.sieve.tests.scene import ALL, MESSAGE, Around, mistakes, outcome

MIXED = b"""\
Received: from a.example by b.example; Mon, 20 Jul 2009 21:44:44 +0300
From: ada@maths.example
To: bob@shop.example
Subject: Report
Date: Mon, 20 Jul 2009 21:44:43 +0300
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain

plain words
--inner
Content-Type: text/html

<b>rich words</b>
--inner--

--outer
Content-Type: application/x-msdownload; name=a.exe

MZ
--outer
Content-Type: message/rfc822

Subject: inside
From: eve@x.example

inner body
--outer--
"""


def edited(script: str, message: bytes = MIXED, around: Around | None = None) -> mime.Scan:
    """The message as a script keeps it."""
    (kept,) = outcome(script, message, around).actions
    assert isinstance(kept, sieve.Keep)
    assert kept.edited is not None
    return mime.scan(kept.edited)


def kinds(scan: mime.Scan) -> list[str]:
    return [f"{part.depth} {part.type}/{part.subtype}" for part in scan.parts]


def texts(scan: mime.Scan, name: str) -> list[str]:
    return sieve.Letter(scan.raw).texts(name)


def each_part(test: str, command: str) -> str:
    return f"foreverypart {{ if {test} {{ {command} }} }}"


def header(kind: str) -> str:
    return f'header :mime :contenttype "content-type" "{kind}"'


def test_a_part_is_replaced_by_text():
    scan = edited(each_part(header("application/x-msdownload"), 'replace "A program was here.";'))
    assert kinds(scan) == [
        "0 multipart/mixed",
        "1 multipart/alternative",
        "2 text/plain",
        "2 text/html",
        "1 text/plain",
        "1 message/rfc822",
        "2 text/plain",
    ]
    assert mime.text_of(scan, scan.parts[4]) == "A program was here."
    assert b"MZ" not in scan.raw
    before, after = MIXED.replace(b"\n", b"\r\n").split(
        b"Content-Type: application/x-msdownload", 1
    )
    assert scan.raw.startswith(before)
    assert scan.raw.endswith(after.partition(b"MZ")[2])


def test_text_is_utf8():
    scan = edited(each_part(header("application/x-msdownload"), 'replace "这里原有一个程序。";'))
    assert mime.text_of(scan, scan.parts[4]) == "这里原有一个程序。\n"


def test_a_multipart_is_replaced_with_all_its_parts():
    script = 'set "seen" ""; foreverypart { if header :mime :matches "content-type" "*;*" {}'
    script += (
        ' if header :mime :contenttype :matches "content-type" "*" { set "seen" "${seen} ${1}"; }'
    )
    script += f' if {header("multipart/alternative")} {{ replace "One."; }} }}'
    script += ' addheader "X-Seen" "${seen}";'
    scan = edited(script)
    assert kinds(scan)[:3] == ["0 multipart/mixed", "1 text/plain", "1 application/x-msdownload"]
    # The loop does not go into what is no longer there, and goes on behind it.
    assert texts(scan, "x-seen") == [
        "multipart/mixed multipart/alternative application/x-msdownload message/rfc822"
    ]


def test_the_loops_that_follow_see_what_is_there():
    script = each_part(header("multipart/alternative"), 'replace "One.";')
    script += 'set "n" ""; foreverypart { set "n" "${n}i"; } addheader "X-Count" "${n}";'
    assert texts(edited(script), "x-count") == ["iiiii"]
    inner = f"foreverypart {{ if {header('multipart/alternative')} {{ foreverypart {{"
    inner += f' if {header("text/plain")} {{ replace "1"; }}'
    inner += f' if {header("text/html")} {{ replace "2"; }} }} }} }}'
    scan = edited(inner)
    assert [mime.text_of(scan, part) for part in scan.parts[2:4]] == ["1", "2"]
    assert len(scan.parts) == 7


def test_the_parts_of_an_attached_message_are_parts():
    scan = edited(each_part('header :mime "subject" "inside"', 'replace "Gone.";'))
    assert kinds(scan)[-2:] == ["1 message/rfc822", "2 text/plain"]
    assert b"inner body" not in scan.raw


def test_tests_see_what_was_put_there():
    script = each_part(header("text/plain"), 'replace "xyzzy";')
    script += 'if body :contains "xyzzy" { addheader "X-Found" "yes"; }'
    assert texts(edited(script), "x-found") == ["yes"]


def test_a_part_is_replaced_by_an_entity():
    entity = "Content-Type: text/html; charset=utf-8\r\nSubject: no\r\n\r\n<p>gone</p>"
    scan = edited(each_part(header("application/x-msdownload"), f'replace :mime "{entity}";'))
    assert kinds(scan)[4] == "1 text/html"
    assert b"Subject: no" not in scan.raw
    assert mime.text_of(scan, scan.parts[4]) == "<p>gone</p>"
    several = (
        "Content-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n\r\na\r\n--z\r\n\r\nb\r\n--z--\r\n"
    )
    script = 'foreverypart { set "n" "${n}i"; if '
    script += f'{header("application/x-msdownload")} {{ replace :mime "{several}"; }} }}'
    scan = edited(script + 'addheader "X-Count" "${n}";')
    assert kinds(scan)[4:7] == ["1 multipart/mixed", "2 text/plain", "2 text/plain"]
    assert texts(scan, "x-count") == ["iiiiiii"]  # once for each that was there


def test_the_whole_message_is_replaced():
    author = "Filter <filter@shop.example>, b@shop.example"
    scan = edited(f'replace :subject "Cleaned" :from "{author}" "All gone.";')
    assert kinds(scan) == ["0 text/plain"]
    assert mime.plain_text(scan) == "All gone."
    assert texts(scan, "subject") == ["Cleaned"]
    assert texts(scan, "original-subject") == ["Report"]
    assert texts(scan, "from") == [author]
    assert texts(scan, "original-from") == ["ada@maths.example"]
    for name in ("received", "to", "date"):  # all other fields stay
        assert texts(scan, name) == sieve.Letter(MIXED).texts(name)
    assert scan.raw.count(b"MIME-Version:") == scan.raw.count(b"Content-Type:") == 1


def test_without_words_for_them_subject_and_author_stay():
    scan = edited('replace "Short.";')
    assert texts(scan, "subject") == ["Report"]
    assert texts(scan, "original-subject") == []
    # In a loop it is the part that is replaced: a subject says nothing of that.
    part = each_part(header("text/plain"), 'replace :subject "No" "Short.";')
    assert texts(edited(part), "subject") == ["Report"]


def test_a_subject_is_encoded_only_if_it_must_be():
    assert b"\r\nSubject: =?UTF-8?" in edited('replace :subject "邮件" "x";').raw
    assert b"\r\nSubject: Plain\r\n" in edited('replace :subject "Plain" "x";').raw


def test_what_was_there_first_cannot_be_removed():
    script = 'replace :subject "A" :from "a@b.example" "x";'
    script += (
        'deleteheader "Original-Subject"; deleteheader "Original-From"; deleteheader "Subject";'
    )
    scan = edited(script)
    assert texts(scan, "original-subject") == ["Report"]
    assert texts(scan, "original-from") == ["ada@maths.example"]
    assert texts(scan, "subject") == []
    # One that came with the mail is like any other.
    came = b"Original-Subject: x\n" + MIXED
    assert texts(edited('deleteheader "Original-Subject";', came), "original-subject") == []


def test_edits_before_and_after_stand():
    script = 'addheader "X-Before" "1"; deleteheader "Date";'
    script += each_part(header("text/plain"), 'replace "x";')
    scan = edited(script + 'addheader "X-After" "2";')
    assert texts(scan, "x-before") == ["1"]
    assert texts(scan, "x-after") == ["2"]
    assert texts(scan, "date") == []
    assert len(scan.parts) == 7


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ('replace "x";', 0),
        ('replace :mime :subject "a" "x";', 1),  # SHOULD be flagged as a compilation error
        ('replace :mime :from "a@b.example" "x";', 1),
        ('replace :from "nobody" "x";', 1),
        ('replace :from "" "x";', 1),
        ('replace :from "g: a@b.example;" "x";', 1),
        ('replace :from "A <a@b.example>, c@d.example" "x";', 0),
        ("replace;", 1),
        ('enclose :subject "a" :headers ["To", "Cc"] "x";', 0),
        ('enclose :headers "a b" "x";', 1),
        ("enclose;", 1),
    ],
)
def test_what_is_checked_beforehand(script, count):
    assert len(mistakes(f'require ["replace", "enclose"]; {script}')) == count


def test_an_author_in_a_variable_is_checked_when_it_runs():
    result = outcome('set "a" "nobody"; replace :from "${a}" "x";', MIXED)
    assert result.error == "“nobody” is no list of mail addresses."


@pytest.mark.parametrize("line", ["--outer", "--outer--", "--inner", "x\r\n--outer\r\nSubject: y"])
def test_no_line_ends_what_is_around_it(line):
    scan = edited(each_part(header("application/x-msdownload"), f'replace "{line}";'))
    assert len(scan.parts) == 7
    assert mime.text_of(scan, scan.parts[4]) == line.replace("\r\n", "\n")
    entity = f'replace :mime "Content-Type: text/plain\r\n\r\n{line}\r\n";'
    result = outcome(each_part(header("application/x-msdownload"), entity), MIXED)
    assert "--inner" in line or result.error == (
        "What replaces a part would break the message around it."
    )


def test_a_message_is_enclosed():  # 6
    script = 'enclose :subject "Careful" :headers ["To", "X-None"] "It had a program in it.";'
    scan = edited(script)
    assert kinds(scan)[:4] == [
        "0 multipart/mixed",
        "1 text/plain",
        "1 message/rfc822",
        "2 multipart/mixed",
    ]
    assert len(scan.parts) == 10
    assert mime.text_of(scan, scan.parts[1]).strip() == "It had a program in it."
    inside = MIXED.replace(b"\n", b"\r\n")
    assert scan.raw[scan.parts[2].body_start : scan.parts[2].body_end] + b"\r\n" == inside + b"\r\n"
    assert texts(scan, "subject") == ["Careful"]
    assert texts(scan, "to") == ["bob@shop.example"]
    assert texts(scan, "from") == ["bob+orders@shop.example"]  # who runs the script
    assert texts(scan, "date") == ["Mon, 23 Nov 2026 09:30:00 +0800"]
    assert texts(scan, "received") == []


def test_what_an_enclosure_takes_over():
    scan = edited('enclose :headers ["From", "Date", "Subject", "Content-Type"] "x";')
    assert texts(scan, "from") == ["ada@maths.example"]
    assert texts(scan, "date") == ["Mon, 20 Jul 2009 21:44:43 +0300"]
    assert texts(scan, "subject") == ["Report"]
    assert scan.raw.partition(b"\r\n\r\n")[0].count(b"Content-Type:") == 1
    assert texts(edited('enclose "x";'), "subject") == ["Report"]  # not said: that of the message


def test_what_follows_is_about_the_new_message():
    script = 'enclose :subject "New" "x"; if header "subject" "New" { addheader "X-New" "1"; }'
    script += 'if exists "received" { addheader "X-Old" "1"; }'
    scan = edited(script)
    assert (texts(scan, "x-new"), texts(scan, "x-old")) == (["1"], [])


def test_several_enclosures_are_inside_each_other():
    scan = edited('enclose :subject "1" "a"; enclose :subject "2" "b";')
    assert texts(scan, "subject") == ["2"]
    assert kinds(scan)[3:6] == ["2 multipart/mixed", "3 text/plain", "3 message/rfc822"]
    assert "at most 4" in str(outcome('enclose "x";' * 5, MIXED).error)


def test_what_is_sent_on_is_not_enclosed():
    actions = outcome(
        'redirect "x@y.example"; enclose "x"; redirect "z@y.example"; keep;', MIXED
    ).actions
    assert [each.edited for each in actions if isinstance(each, sieve.Redirect)] == [None, None]
    script = 'addheader "X-A" "1"; enclose "x"; redirect "z@y.example";'
    (sent,) = outcome(script, MIXED).actions
    assert isinstance(sent, sieve.Redirect)
    assert sent.edited == b"X-A: 1\r\n" + MIXED.replace(b"\n", b"\r\n")


def test_a_loop_goes_on_inside_what_was_enclosed():
    script = f'foreverypart {{ set "n" "${{n}}i"; if {header("text/html")} {{ enclose "x"; }}'
    script += f' if {header("application/x-msdownload")} {{ replace "gone"; }} }}'
    scan = edited(script + 'addheader "X-Count" "${n}";')
    assert texts(scan, "x-count") == ["iiiiiii"]
    assert kinds(scan)[7] == "3 text/plain"
    assert b"MZ" not in scan.raw


def test_a_run_that_is_begun_again_ends_the_same():
    script = 'enclose "x"; replace "y";'
    assert edited(script).raw == edited(script).raw


def test_lines_are_as_the_message_has_them():
    script = sieve.compile_script(
        b'require ["replace", "enclose"]; replace :subject "a" "b\r\nc"; enclose "d"; keep;'
    )
    (kept,) = script.run(sieve.Letter(MIXED), Around()).actions
    assert isinstance(kept, sieve.Keep)
    assert b"\r" not in (kept.edited or b"\r")


PIECES = st.sampled_from(
    ["--outer", "--inner--", "--", "\r\n", "Content-Type: multipart/mixed; boundary=outer\r\n\r\n",
     "Content-Type: message/rfc822\r\n\r\n", "a", "路", ":", "\t"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8), st.sampled_from(["", ":mime "]), st.integers(0, 6))
def test_no_replacement_breaks_what_is_around_it(pieces, tag, place):
    words = "".join(pieces).replace('"', "")
    count = (
        'if string "${n}" "' + "i" * place + f'" {{ replace {tag}"{words}"; }} set "n" "${{n}}i";'
    )
    result = outcome(f"foreverypart {{ {count} }} keep;", MIXED)
    (kept,) = result.actions
    assert isinstance(kept, sieve.Keep)
    if result.error is None:
        scan = mime.scan(kept.edited or MIXED)
        assert place == 0 or scan.parts[0].subtype == "mixed"
        assert place == 0 or b"Subject: Report" in scan.raw


@pytest.mark.parametrize(
    "script",
    [
        'foreverypart { replace "x"; }',
        'foreverypart { foreverypart { replace :mime "Content-Type: a/b\r\n\r\nx"; } }',
        'enclose "x"; ' * 4 + 'foreverypart { replace "y"; }',
        'foreverypart { enclose "x"; }',
    ],
)
def test_rewriting_is_bounded(script):
    many = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nA\n" * 9_000 + b"--x--\n"
    large = MIXED.replace(b"MZ", b"A" * 76 + b"\n" + (b"A" * 76 + b"\n") * 60_000)
    compiled = sieve.compile_script(f"require [{ALL}]; {script}".encode())
    for message in (many, large, MESSAGE):
        began = time.process_time()
        assert compiled.run(sieve.Letter(message), Around()).actions
        assert time.process_time() - began < 2.0
