"""Scripts of drafts that an RFC has replaced: imapflags and notify."""

import pytest

from posthouse.protocols import sieve
from posthouse.protocols.sieve.tests.scene import in_words, mistakes, outcome


def done(script: str, *names: str) -> list[str]:
    require = ", ".join(f'"{name}"' for name in names)
    return in_words(outcome(script, require=require))


def bodies(script: str) -> list[str | None]:
    found = outcome(script, require='"notify"').actions
    return [each.to.body for each in found if isinstance(each, sieve.Notify)]


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ("mark;", " \\Flagged"),
        ("mark; unmark;", ""),
        ('setflag "\\\\Draft"; mark;', " \\Draft \\Flagged"),
        ('addflag ["\\\\Draft", "x"]; removeflag "\\\\Draft";', " x"),
    ],
)
def test_imapflags(script: str, flags: str):
    assert done(script, "imapflags") == [f"keep!{flags}"]
    assert done(f'{script} fileinto "Work";', "imapflags", "fileinto") == [f"file Work{flags}"]


def test_the_draft_of_flags_has_no_more():
    for script in ('if hasflag "x" { keep; }', 'keep :flags "x";'):
        assert mistakes(f'require "imapflags"; {script}')
    assert mistakes("mark;")
    assert mistakes('require "imap4flags"; mark;')


def test_a_mail_to_each():
    script = 'notify :low :message "x" :method "mailto" :options ["a@x.example", "b@x.example"];'
    assert done(script, "notify") == ["notify a@x.example", "notify b@x.example", "keep!"]
    assert done("notify;", "notify") == ["keep!"]


def test_what_is_said():
    options = ':options "a@x.example"'
    assert bodies(f"notify {options};") == [
        '"Ada Lovelace" <ada@maths.example>: Invoice 42 for you'
    ]
    assert bodies(f'notify {options} :message "$env-from$ $text[8]$! $text$ $other$";') == [
        "ada@maths.example Dear Bob! Dear Bob,\r\nplease pay 100.\r\n $other$"
    ]


@pytest.mark.parametrize(
    ("denotify", "left"),
    [
        ("denotify;", ""),
        ('denotify :is "one";', "two three"),
        ('denotify :matches "t*";', "one"),
        ('denotify :matches "t*" :low;', "one two"),
        ("denotify :normal;", "three"),
        ('denotify :contains "e" :high;', "one two three"),
    ],
)
def test_what_is_taken_back(denotify: str, left: str):
    script = """
        notify :id "one" :options "one@x.example";
        notify :id "two" :options "two@x.example";
        notify :id "three" :low :options "three@x.example";
        """
    expected = [f"notify {name}@x.example" for name in left.split()]
    assert done(script + denotify, "notify") == [*expected, "keep!"]


@pytest.mark.parametrize(
    "script",
    [
        'require "notify"; notify :options "";',
        'require "notify"; notify :options "a#x.example";',
        'require "notify"; notify "mailto:a@x.example";',
        'require "notify"; notify :method "sms" :options "a@x.example";',
        'require "notify"; notify :importance "1" :options "a@x.example";',
        'require "enotify"; notify;',
        'require "enotify"; notify :id "x" "mailto:a@x.example";',
        'require "enotify"; denotify;',
        'require ["enotify", "notify"];',
        'require ["imap4flags", "imapflags"];',
        'require ["enotify", "ihave"]; if ihave "notify" { notify; }',
        'require ["imap4flags", "ihave"]; if ihave "imapflags" { mark; }',
    ],
)
def test_mistakes(script: str):
    assert mistakes(script)


def test_nobody_is_told_to_write_them():
    assert sieve.EXTENSIONS.isdisjoint({"imapflags", "notify"})
