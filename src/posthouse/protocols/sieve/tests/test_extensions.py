"""The extensions, each by the section of its RFC."""

import pytest

from posthouse.protocols import sieve
from posthouse.protocols.sieve.tests.scene import (
    Around,
    actions,
    holds,
    in_words,
    mistakes,
    outcome,
)

PARTS = b"""\
From: a@b.example
Content-Type: multipart/mixed; boundary=outer

before
--outer
Content-Type: text/plain

The text
--outer
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+5Lit5paHPC9iPiAmbHQ7
--outer
Content-Type: message/rfc822

Subject: inner

deep
--outer--
after
"""


def test_variables():  # RFC 5229
    assert holds('string "${a}" ""')
    assert actions('set "A" "Work"; fileinto "${a}";') == ["file Work"]
    assert actions('set "a" "1"; set "a" "${a}2"; fileinto "${a}";') == ["file 12"]
    assert actions('set "a" "x"; fileinto "$${a} ${ a}${a";') == ["file $x ${ a}${a"]


@pytest.mark.parametrize(
    ("modifiers", "value", "expected"),
    [
        (":lower", "AbC", "abc"),
        (":upper", "AbC", "ABC"),
        (":upperfirst :lower", "juMBlEd", "Jumbled"),
        (":lowerfirst :upper", "juMBlEd", "jUMBLED"),
        (":length", "Rööm", "4"),
        (":quotewildcard", r"a*b?\\", r"a\*b\?\\"),
        (":quotewildcard :length", "*", "2"),
        (":quoteregex", "a.b+", r"a\.b\+"),
    ],
)
def test_modifiers(modifiers, value, expected):  # RFC 5229 4.1
    escaped = expected.replace("\\", "\\\\")
    found = actions(f'set {modifiers} "a" "{value}"; if string "${{a}}" "{escaped}" {{ discard; }}')
    assert found == []


def test_variables_are_counted_when_the_script_is_read():  # RFC 5229 6
    many = "".join(f'set "v{n}" "x"; set "V{n}" "y"; ' for n in range(256))
    assert mistakes(f'require "variables"; {many}') == []
    (told,) = mistakes(f'require ["variables", "imap4flags"]; {many} addflag "w" "x"; set "z" "";')
    assert "at most 256 variables" in told


def test_match_variables():  # RFC 5229 3.2
    script = 'if header :matches "subject" "* * for *" { fileinto "${0}/${1}/${2}/${3}/${4}x"; }'
    assert actions(script) == ["file Invoice 42 for you/Invoice/42/you/x"]
    kept = 'if header :matches "subject" "In*42*" {} if header :matches "subject" "X*" {}'
    assert actions(kept + 'fileinto "${1}";') == ["file voice "]
    assert actions(kept + 'if header "subject" "Invoice 42 for you" {} fileinto "${1}";') == [
        "file voice "
    ]


def test_regex():
    script = 'if header :regex "subject" "(inv[a-z]+) ([0-9]+)" { fileinto "${1}-${2}"; }'
    assert actions(script) == ["file Invoice-42"]
    assert not holds('header :comparator "i;octet" :regex "subject" "^inv"')
    # POSIX: the longest of the leftmost, not the first alternative.
    assert actions('if string :regex "abcd" "(a|ab)(c|bcd)" { fileinto "${0}"; }') == ["file abcd"]
    assert "no regular expression" in mistakes('require "regex"; if header :regex "a" "(" {}')[0]


def test_an_expression_that_is_wrong_when_it_runs():
    bad = 'set "a" "["; '
    result = outcome(bad + 'if header :regex "subject" ["${a}", "^inv"] { discard; }')
    assert "no regular expression" in result.warnings[0]  # the other one matched, but
    assert [type(each) for each in result.actions] == [sieve.Keep]  # nothing is lost by it
    assert len(outcome(bad + 'if header :regex ["subject", "to"] "${a}" {}').warnings) == 1
    assert actions(bad + 'if not body :regex "${a}" { discard; }') == ["keep!"]
    assert actions(bad + 'if not header :regex "to" "${a}" { fileinto "b"; }') == ["file b"]
    assert outcome(bad + 'deleteheader :regex "subject" "${a}";').error is None


def test_relational():  # RFC 5231
    assert holds('header :value "ge" :comparator "i;ascii-numeric" "x-count" "7"')
    assert not holds('header :value "gt" :comparator "i;ascii-numeric" "x-count" "10"')
    assert holds('header :count "eq" :comparator "i;ascii-numeric" "x-tag" "2"')
    assert holds('address :count "eq" :comparator "i;ascii-numeric" ["to", "cc"] "3"')
    assert holds('header :value "lt" "subject" "k"')
    assert mistakes('require "relational"; if header :count "near" "a" "1" {}')


def test_date_and_index():  # RFC 5260
    assert holds('date :originalzone "date" "hour" "21"')
    assert holds('date :zone "+0000" "date" "iso8601" "2009-07-20T18:44:43+00:00"')
    assert holds('date "date" "hour" "02"')  # the zone of this machine
    assert holds('date :originalzone "date" "std11" "Mon, 20 Jul 2009 21:44:43 +0300"')
    assert holds('date :originalzone "date" "weekday" "1"')
    assert holds('date :originalzone "date" "julian" "55032"')
    assert holds('date :originalzone "date" "zone" "+0300"')
    assert holds('currentdate "date" "2026-11-23"')
    assert holds('currentdate :zone "-0800" "date" "2026-11-22"')
    assert holds('currentdate :value "ge" "hour" "09"')
    assert not holds('date "x-none" "year" "2009"')
    assert holds('header :index 2 "x-tag" "two"')
    assert holds('header :index 1 :last "x-tag" "two"')
    assert not holds('header :index 3 :contains "x-tag" ""')
    assert mistakes('require "index"; if header :last "a" "b" {}')


def test_flags():  # RFC 5232
    assert actions(r'setflag "\\Seen"; keep;') == [r"keep \Seen"]
    assert actions(r'addflag ["\\Seen", "a b"]; removeflag "A"; fileinto "Work";') == [
        r"file Work \Seen b"
    ]
    assert actions(r'addflag "\\Seen"; fileinto :flags "x" "Work"; stop;') == ["file Work x"]
    assert actions(r'addflag "x";') == ["keep! x"]
    assert actions(r'setflag "v" "x"; keep :flags "${v}";') == ["keep x"]
    assert actions(r'setflag "\\Recent \\Nonsense a(b ok"; keep;') == ["keep ok"]
    assert actions(r'fileinto :flags "a" "W"; fileinto :flags "b" "W";') == ["file W b"]
    assert actions(r'setflag "\\Seen x"; if hasflag :contains "EE" { discard; }') == []
    assert (
        actions(
            'setflag "a b"; if hasflag :count "ge" :comparator "i;ascii-numeric" "2" { discard; }'
        )
        == []
    )


def test_reject():  # RFC 5429
    assert actions('reject "no";') == ["reject no"]
    assert actions('ereject "no"; discard;') == ["reject no"]
    for other in ("keep;", 'fileinto "a";', 'redirect "a@b.example";', 'vacation "v";'):
        assert actions(f'{other} reject "no";')[0].startswith("error")
        assert actions(f'reject "no"; {other}')[0].startswith("error")


def test_body():  # RFC 5173
    assert holds('body :contains "The text"', PARTS)
    assert holds('body :text :contains "中文 <"', PARTS)
    assert not holds('body :text :contains "PGI+"', PARTS)
    assert holds('body :raw :contains "PGI+"', PARTS)
    assert holds('body :content "text" :contains "<b>中文"', PARTS)
    assert holds('body :content "message/rfc822" :contains "Subject: inner"', PARTS)
    assert not holds('body :content "message/rfc822" :contains "deep"', PARTS)
    assert holds('body :content "multipart" :contains "after"', PARTS)
    assert not holds('body :content "multipart" :contains "outer"', PARTS)
    assert not holds('body :raw :contains ""', b"Subject: no body\n")
    assert actions('if body :matches "*pay*" {} if string "${1}" "" { discard; }') == []


def test_editheader():  # RFC 5293
    result = outcome('addheader "X-New" "中"; deleteheader :index 1 "X-Tag"; keep;')
    (kept,) = result.actions
    assert isinstance(kept, sieve.Keep)
    assert kept.edited is not None
    assert kept.edited.startswith(b"X-New: =?UTF-8?B?5Lit?=\r\nFrom: ")
    assert b"X-Tag: one" not in kept.edited
    assert kept.edited.endswith(
        b"X-Tag: two\r\nMessage-ID: <one@maths.example>\r\n\r\nDear Bob,\r\nplease pay 100.\r\n"
    )
    assert holds('not exists "x-none"')
    assert actions('addheader :last "x" "1"; if header "x" "1" { discard; }') == []
    assert actions('deleteheader "x-tag" "t*"; if header "x-tag" "two" { discard; }') == []
    assert (
        actions('deleteheader :matches "x-tag" "t*"; if not header "x-tag" "two" { discard; }')
        == []
    )
    # 6: who handled the mail stays on record; nothing ends a line early.
    result = outcome(
        'addheader "Received" "x"; addheader "A" "x\r\nEvil: 1"; deleteheader "Received";'
    )
    (kept,) = result.actions
    assert isinstance(kept, sieve.Keep)
    assert (kept.edited or b"").startswith(b"A: x Evil: 1\r\nFrom: ")
    assert mistakes('require "editheader"; addheader "a b" "c";')


def test_what_a_field_cannot_hold():  # RFC 5293 4
    result = outcome('addheader "X-Bell" "Ring ${hex:07}\r\n\tnow"; keep;')
    (kept,) = result.actions
    assert isinstance(kept, sieve.Keep)
    assert (kept.edited or b"").startswith(b"X-Bell: =?UTF-8?Q?Ring_=07_now?=\r\nFrom: ")
    assert actions('addheader "x" "${hex:07}"; if header "x" "${hex:07}" { discard; }') == []
    long = "a" * 2049
    assert actions(f'addheader "x" "{long[1:]}"; if exists "x" {{ discard; }}') == []
    assert "longer than 2048" in mistakes(f'require "editheader"; addheader "x" "{long}";')[0]
    assert "longer than 2048" in actions(f'set "a" "{long}"; addheader "x" "${{a}}";')[0]
    assert "NUL" in actions('set "a" "${hex:00}"; addheader "x" "${a}";')[0]


def test_folders():  # RFC 5490, RFC 8579
    assert holds('mailboxexists ["INBOX", "Work"]')
    assert not holds('mailboxexists ["Work", "None"]')
    assert actions('fileinto :create "New";') == ["file New create"]
    assert holds(r'specialuse_exists "\\Junk"')
    assert not holds(r'specialuse_exists "Work" "\\Junk"')
    assert mistakes('require "special-use"; if specialuse_exists "Junk" {}')  # 3: as IMAP has it
    assert mistakes('require ["special-use", "fileinto"]; fileinto :specialuse "Junk" "a";')
    assert not holds(r'specialuse_exists "\\Nonsense"')
    assert actions(r'fileinto :specialuse "\\Junk" "Spam";') == [r"file Spam for \Junk"]


def test_duplicate():  # RFC 7352
    result = outcome("if duplicate { discard; } else { keep; }")
    (remembered,) = result.remembered
    assert "<one@maths.example>" in remembered.key
    around = Around(seen={remembered.key})
    assert outcome("if duplicate { discard; }", around=around).actions == []
    assert not holds('duplicate :handle "other"', around=around)
    assert not holds('duplicate :header "x-none"', around=around)
    assert outcome('if duplicate :uniqueid "a" :seconds 60 {}').remembered[0].pause.seconds == 60
    assert mistakes('require "duplicate"; if duplicate :header "a" :uniqueid "b" {}')


@pytest.mark.parametrize(
    ("script", "done"),
    [
        ('if ihave "fileinto" {} fileinto "a";', ["file a"]),  # 1: to the end of the script
        ('if false { if ihave "fileinto" {} } fileinto "a";', "fileinto"),
        ('if allof(false, ihave "fileinto") {} fileinto "a";', "fileinto"),  # 5: left to right
        ('if anyof(true, ihave "fileinto") {} fileinto "a";', "fileinto"),
        ('if anyof(ihave "fileinto", true) {} fileinto "a";', ["file a"]),
        ('if not ihave "copy" { stop; } redirect :copy "x@y.example";', 2),
        ('if false { if ihave "copy" {} } redirect :copy "x@y.example";', "copy"),
        ('if false { if ihave "envelope" {} } if envelope "from" "a" {}', "envelope"),
        (
            'if false { if ihave ["relational", "comparator-i;ascii-numeric"] {} }'
            'if header :comparator "i;ascii-numeric" "a" "1" {}',
            "comparator-i;ascii-numeric",
        ),
        ('if ihave ["fileinto", "none"] {} fileinto "a";', "needs: require"),  # 4: none of them
        ('if ihave "vacation-seconds" {} vacation :seconds 60 "x";', 2),  # RFC 6131 2
        ('if ihave "variables" { discard; }', ["keep!"]),
        ('if ihave "spamtestplus" { if spamtest "1" {} }', ["keep!"]),
    ],
)
def test_what_a_test_has_found_can_be_used(script, done):  # RFC 5463 4
    result = outcome(script, require='"ihave"')
    if isinstance(done, str):
        assert done in str(result.error)
    else:
        assert result.error is None
        assert done == len(result.actions) or done == in_words(result)


def test_what_is_required_needs_no_test():  # RFC 5463 4, 3
    script = 'if false { if ihave "fileinto" {} } fileinto "a";'
    assert outcome(script, require='"ihave", "fileinto"').error is None


def test_environment_and_ihave():  # RFC 5183, RFC 5463
    assert holds('environment "name" "posthouse"')
    assert not holds('environment :contains "nonsense" ""')
    assert holds('ihave "fileinto"')
    assert actions('if ihave "none" { nonsense "x"; } else { discard; }') == []
    assert actions('error "told";') == ["error: told", "keep!"]


def test_vacation():  # RFC 5230
    (told,) = outcome(
        'vacation :days 3 :subject "Away" :addresses "b@c.example" "Gone"; discard;'
    ).actions
    assert isinstance(told, sieve.Vacation)
    assert (told.reason, told.subject, told.addresses, told.pause.days) == (
        "Gone",
        "Away",
        ("b@c.example",),
        3,
    )
    assert actions('vacation "Gone";') == ["vacation Gone", "keep!"]
    assert actions('vacation "a"; vacation "b";')[0].startswith("error")
    (quick, _) = outcome('vacation :seconds 1800 "Gone";').actions
    assert isinstance(quick, sieve.Vacation)
    assert quick.pause.seconds == 1800
    assert mistakes('require "vacation"; vacation :seconds 5 "x";')
    assert mistakes('require "vacation"; vacation :days 5 :days 6 "x";')
    assert mistakes('require "vacation"; vacation :from "no one" "x";')
