"""What the RFCs say in a sentence each: section, message, test; true of it or not."""

import pytest

from posthouse.protocols import sieve
from posthouse.protocols.sieve import vacation
from posthouse.protocols.sieve.tests.scene import Around, actions, holds, mistakes, outcome

LETTER = b"""\
Received: from a.example by b.example; Tue, 3 Mar 2015 23:30:00 -0500
Received: from c.example by a.example; Wed, 4 Mar 2015 09:00:00 +0800
Return-Path: <ada@maths.example>
From: "Lovelace, Ada" <ada@maths.example> (the author)
To: Team: bob@shop.example, "Carol (x)" <carol+work+now@Shop.Example>;, dave@shop.example
Cc: undisclosed-recipients:;
Sender: nonsense
Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?5Lit5paH?=
  from   here\t
X-Raw: caf\xe9 \xe4\xb8\xad
X-Empty:
X-Numbers: 10
X-Numbers: 9 apples
X-Numbers: none
X-Mixed: MiXeD
Keywords: a*b?c\\d
Date: Sat, 29 Feb 2020 23:59:60 -0330
X-Date: nonsense

Body.
"""


@pytest.mark.parametrize(
    ("section", "test"),
    [
        ("2.3", "true # not false\n"),
        ("2.3", "/* { \" */ not /* not */ false"),
        ("2.4.1", "allof (size :over 0, size :under 1G, not size :over 1K)"),
        ("2.4.1", "allof (size :under 2k, size :under 1m)"),
        ("2.4.2", r'string "\a\\\"" "a\\\""'),
        ("2.4.2.1", 'header ["X-None", "X-Mixed"] ["b", "mixed"]'),
        ("2.4.2.2", 'header "x-mixed" "mixed"'),  # names of fields are case-insensitive
        ("2.4.2.2", 'not header "x-mixed " "mixed"'),
        ("2.4.2.4", 'string "${HEX:24 7b}x}" "${unicode:24}{x}"'),
        ("2.4.2.4", 'string "${unicode:}${hex:zz}${hex:1}" "${unicode:}${hex:zz}\x01"'),
        ("2.4.2.4", 'string "${unicode:000041 1F600}" "A😀"'),
        ("2.7.1", 'header :is "x-empty" ""'),
        ("2.7.1", 'not header :is "x-none" ""'),
        ("2.7.1", 'header :contains "x-empty" ""'),
        ("2.7.1", 'header :matches "x-empty" "*"'),
        ("2.7.1", 'not header :matches "x-empty" "?"'),
        ("2.7.1", r'header :matches "keywords" "a\\*b\\?c\\\\d"'),
        ("2.7.1", r'not header :matches "x-mixed" "mi\\*"'),
        ("2.7.1", 'header :matches "subject" "Gr??e??*"'),  # a ? is a character, not an octet
        ("2.7.2", 'header "subject" "Grüße中文  from   here"'),  # decoded, unfolded
        ("2.7.2", 'header :contains "subject" "Grüße中文"'),
        ("2.7.2", 'header :contains "x-raw" "caf"'),  # what is no UTF-8 still has what it has
        ("2.7.3", 'header :comparator "i;octet" "x-mixed" "MiXeD"'),
        ("2.7.3", 'not header :comparator "i;octet" "x-mixed" "mixed"'),
        ("2.7.3", 'not header :comparator "i;ascii-casemap" "subject" "GRÜSSE"'),
        ("2.7.4", 'address "from" "ADA@maths.EXAMPLE"'),
        ("2.7.4", 'address :is :all "sender" "nonsense"'),
        ("2.7.4", 'not address :localpart "sender" "nonsense"'),
        ("2.7.4", 'not address :contains :domain "sender" ""'),
        ("2.7.5", 'address :domain :comparator "i;octet" "to" "shop.example"'),
        ("5.1", 'address "to" "dave@shop.example"'),  # behind a group
        ("5.1", 'address :localpart "to" "carol+work+now"'),  # inside it
        ("5.1", 'not address :contains "from" "Lovelace"'),  # no names, no comments
        ("5.1", 'not address :contains "cc" "undisclosed"'),
        ("5.1", 'not address :contains "bcc" ""'),
        ("5.1", 'address "return-path" "ada@maths.example"'),
        ("5.2", 'allof (true, true)'),
        ("5.2", 'not allof (true, false)'),
        ("5.3", 'not anyof (false, false)'),
        ("5.4", 'envelope :all "FROM" "ada@maths.example"'),
        ("5.4", 'envelope ["from", "to"] "bob+orders@shop.example"'),
        ("5.4", 'not envelope "from" ""'),
        ("5.5", 'exists ["x-empty", "FROM"]'),
        ("5.5", 'not exists ["from", "x-none"]'),
        ("5.7", 'header ["subject", "x-mixed"] "mixed"'),
        ("5.7", 'not header :contains "x-none" ""'),
        ("5.9", f"allof (not size :over {len(LETTER) + LETTER.count(10)}, "
                f"not size :under {len(LETTER) + LETTER.count(10)})"),
        # RFC 4790 9.1
        ("9.1", 'header :comparator "i;ascii-numeric" "x-numbers" "0010"'),
        ("9.1", 'header :comparator "i;ascii-numeric" "x-numbers" "9"'),
        ("9.1", 'header :comparator "i;ascii-numeric" "x-mixed" "words"'),  # both are infinite
        # RFC 5229
        ("5229 3", 'not string "${x.y" "x"'),
        ("5229 4", 'string :count "eq" :comparator "i;ascii-numeric" ["", "a", "b"] "2"'),
        ("5229 5", 'string :matches "a-b" "*-*"'),
        # RFC 5231
        ("5231 4", 'header :value "lt" :comparator "i;ascii-numeric" "x-numbers" "10"'),
        ("5231 4", 'header :value "gt" :comparator "i;ascii-numeric" "x-numbers" "99999"'),
        ("5231 4", 'not header :value "gt" "x-empty" "a"'),
        ("5231 4", 'header :value "ne" "x-mixed" "a"'),
        ("5231 4", 'not header :value "ne" "x-none" "a"'),
        ("5231 4.2", 'header :count "eq" :comparator "i;ascii-numeric" "received" "2"'),
        ("5231 4.2", 'header :count "eq" :comparator "i;ascii-numeric" "x-none" "0"'),
        ("5231 4.2", 'header :count "lt" :comparator "i;ascii-numeric" "x-numbers" ["1", "4"]'),
        ("5231 4.2", 'address :count "eq" :comparator "i;ascii-numeric" "to" "3"'),
        ("5231 4.2", 'envelope :count "eq" :comparator "i;ascii-numeric" ["from", "to"] "2"'),
        # RFC 5233
        ("5233 4", 'address :user "to" "carol"'),
        ("5233 4", 'address :detail "to" "work+now"'),
        ("5233 4", 'not address :detail "from" ""'),
        ("5233 4", 'not address :detail "from" "*"'),
        ("5233 4", 'address :user "from" "ada"'),
        # RFC 5260
        ("5260 4", 'date :originalzone "date" "time" "23:59:59"'),
        ("5260 4.1", 'date :zone "+0000" "date" "date" "2020-03-01"'),
        ("5260 4.1", 'date :zone "-0330" "date" "weekday" "6"'),
        ("5260 4.2", 'date :originalzone "date" "zone" "-0330"'),
        ("5260 4", 'date :originalzone "received" "hour" "23"'),  # behind the semicolon
        ("5260 4", 'not date "x-date" "year" "*"'),
        ("5260 4", 'date :value "ge" :originalzone "date" "iso8601" "2020-02-29T"'),
        ("5260 6", 'date :index 2 :originalzone "received" "hour" "09"'),
        ("5260 6", 'date :index 1 :last :originalzone "received" "hour" "09"'),
        ("5260 6", 'header :index 2 :contains "received" "c.example"'),
        ("5260 6", 'address :index 1 :last "to" "dave@shop.example"'),
        ("5260 6", 'not header :index 9 :contains "received" ""'),
        ("5260 5", 'currentdate :zone "+0000" "iso8601" "2026-11-23T01:30:00+00:00"'),
        ("5260 5", 'currentdate "weekday" "1"'),
        ("5260 5", 'currentdate "julian" "61367"'),
        # RFC 5183
        ("5183 4", 'environment :contains "version" ""'),
        ("5183 4", 'not environment :contains "remote-host" ""'),
        # RFC 5173
        ("5173 4", 'body :contains "BODY"'),
        ("5173 5.1", 'body :raw :is "Body.\r\n"'),
        ("5173 5.2", 'body :content "text/plain" :contains "body"'),
        ("5173 5.2", 'not body :content "text/html" :contains ""'),
        # RFC 5490, RFC 8579
        ("5490 3.1", 'not mailboxexists ["INBOX", "Work", "Nowhere"]'),
        ("8579 3", r'specialuse_exists "Junk" ["\\Junk"]'),
        ("8579 3", r'not specialuse_exists ["\\Junk", "\\Archive"]'),
    ],
)  # fmt: skip
def test_true_of_the_letter(section, test):
    assert holds(test, LETTER), section


@pytest.mark.parametrize(
    ("section", "script", "expected"),
    [
        ("2.10.1", 'fileinto "a"; fileinto "b"; keep;', ["file a", "file b", "keep"]),
        ("2.10.2", 'redirect "z@z.example";', ["redirect z@z.example"]),
        ("2.10.2", "if false { discard; }", ["keep!"]),
        ("2.10.3", 'fileinto "a"; fileinto "A";', ["file a", "file A"]),
        ("2.10.3", 'fileinto "inbox"; keep;', ["file inbox"]),
        ("3894 3", 'fileinto :copy "a"; fileinto "b";', ["file a", "file b"]),
        ("3894 3", 'redirect :copy "z@z.example"; discard;', ["redirect z@z.example"]),
        ("5229 4", 'set :lower :upperfirst "a" "WORK"; fileinto "${a}";', ["file Work"]),
        ("5229 4", 'set :length :lower "a" "WORK"; fileinto "${a}";', ["file 4"]),
        ("5229 4", 'set "a" "x"; set "b" "${A}y"; fileinto "${b}";', ["file xy"]),
        ("5229 4", 'set "a" "${b}"; fileinto "<${a}>";', ["file <>"]),
        ("5229 3", r'set "a" "${${b}}"; fileinto "${a}";', ["file ${}"]),
        ("5229 3.2", 'if string :matches "ab" "??" { fileinto "${2}${1}"; }', ["file ba"]),
        ("5229 3.2", 'if string :matches "aXbX" "*X*" { fileinto "${1}-${2}"; }', ["file a-bX"]),
        ("5229 3.2", 'if anyof (string :matches "a" "*", string :matches "b" "*") '
                     '{ fileinto "${1}"; }', ["file a"]),
        ("5229 3.2", 'if not string :matches "a" "b*" { fileinto "<${1}>"; }', ["file <>"]),
        ("5232 3", r'setflag "\\Seen a"; addflag "A b"; keep;', [r"keep \Seen a b"]),
        ("5232 3", r'addflag ["a", "b c"]; removeflag ["c", "x"]; keep;', ["keep a b"]),
        ("5232 3", r'setflag "v" "a b"; removeflag "v" "a"; keep :flags "${v}";', ["keep b"]),
        ("5232 3", 'setflag "a"; setflag ""; keep;', ["keep"]),
        ("5232 4", r'if hasflag "a" { discard; } addflag "a b"; if hasflag ["x", "B"] '
                   r'{ fileinto "y"; }', ["file y a b"]),
        ("5232 4", 'set "v" "a b"; if hasflag ["v"] "b" { keep; }', ["keep"]),
        ("5232 5", r'addflag "a"; keep :flags ""; fileinto "b";', ["keep", "file b a"]),
        ("5232 5", r'addflag "a"; fileinto :copy :flags "b" "c";', ["file c b", "keep! a"]),
        ("5429 2.2", 'reject text:\r\nTwo\r\nlines\r\n.\r\n;', ["reject Two\r\nlines\r\n"]),
        ("5429 2.5", 'discard; reject "no";', ["reject no"]),
        ("5463 4", 'if ihave ["copy", "none"] { discard; } else { keep; }', ["keep"]),
        ("5463 5", 'fileinto "a"; error "why";', ["error: why", "keep!"]),
        ("5490 3.2", 'fileinto :copy :create "a";', ["file a create", "keep!"]),
        ("8579 4", r'fileinto :create :specialuse "\\Archive" "a";',
                   [r"file a for \Archive create"]),
    ],
)  # fmt: skip
def test_what_is_done(section, script, expected):
    assert actions(script, LETTER) == expected, section


@pytest.mark.parametrize(
    ("section", "script"),
    [
        ("2.4.1", "if size :over -1 {}"),
        ("2.4.2.4", 'require "encoded-character"; redirect "${unicode:D800}";'),
        ("2.6.1", "if size :over 1 2 {}"),
        ("2.7.1", 'if header :matches :contains "a" "b" {}'),
        ("2.7.3", 'if header :comparator "i;ascii-casemap" :comparator "i;octet" "a" "b" {}'),
        ("2.8", 'if header ["a", ["b"]] "c" {}'),
        ("2.10.5", 'require "Fileinto";'),  # names of extensions are as they are
        ("3.1", "if true { keep; } else { stop; } elsif true { keep; }"),
        ("3.1", "if true { keep; } keep; else { stop; }"),
        ("3.2", 'if true { require "copy"; }'),
        ("5.1", 'if address :localpart :domain "from" "a" {}'),
        ("5.9", "if size :over :under 1 {}"),
        ("3894 3", 'require "copy"; keep :copy;'),
        ("5173 4", 'require "body"; if body :raw :text "a" {}'),
        ("5229 4", 'require "variables"; set :lower :upper "a" "b";'),
        ("5229 4", 'require "variables"; set "1" "b";'),
        ("5229 4", 'require "variables"; set "${a}" "b";'),
        ("5230 4", 'require "vacation"; vacation;'),
        ("5230 4.1", 'require "vacation"; vacation :days "7" "x";'),
        ("5231 4", 'require "relational"; if header :value "a" "b" {}'),
        ("5231 4", 'if header :value "eq" "a" "b" {}'),
        ("5232 3", 'require "imap4flags"; addflag "v" "a";'),
        ("5233 4", 'if address :user "to" "a" {}'),
        ("5260 4", 'require "date"; if date :zone "0800" "date" "year" "1" {}'),
        ("5260 4", 'require "date"; if date :zone "+0800" :originalzone "date" "year" "1" {}'),
        ("5260 4", 'require "date"; if date "date" "century" "1" {}'),
        ("5260 5", 'require "date"; if currentdate :originalzone "year" "1" {}'),
        ("5260 6", 'require "index"; if header :index 0 "a" "b" {}'),
        ("5293 4", 'require "editheader"; addheader "A:" "b";'),
        ("5293 5", 'require "editheader"; deleteheader :last "a";'),
        ("5429 2.1", 'require "reject"; ereject "no";'),
        ("7352 3", 'require "duplicate"; if duplicate "id" {}'),
    ],
)
def test_what_is_refused(section, script):
    assert mistakes(script), section


def test_vacation():  # RFC 5230
    def handle(arguments: str) -> str:
        (told, _) = outcome(f"vacation {arguments};").actions
        assert isinstance(told, sieve.Vacation)
        return told.handle

    # 4.2: another text is another answer, unless a handle says that it is the same.
    assert handle('"a"') == handle(':days 3 "a"') != handle('"b"')
    assert handle('"a"') != handle(':subject "s" "a"')
    assert handle(':handle "h" "a"') == handle(':handle "h" :subject "s" "b"')
    assert handle(':handle "h" "a"') != handle('"h"')
    # 4.1: limits are ours, and a script cannot leave them.
    (told, _) = outcome('vacation :days 0 "a";').actions
    assert isinstance(told, sieve.Vacation)
    assert told.pause.total_seconds() == 60
    (told, _) = outcome('vacation :days 99999999 "a";').actions
    assert isinstance(told, sieve.Vacation)
    assert told.pause.days == 365
    # 4.3: fields of its own; what is not MIME does not get in.
    assert mistakes('require "vacation"; vacation :mime "中";')
    # 4.7
    assert actions('vacation "a"; discard;') == ["vacation a"]
    assert actions('vacation "a"; fileinto "b";') == ["vacation a", "file b"]


@pytest.mark.parametrize(
    ("fields", "is_answered"),
    [
        (b"To: bob@shop.example", True),
        (b"To: Team: x@y.example, Bob <BOB@Shop.example>;", True),
        (b"Cc: bob@shop.example", True),
        (b"Bcc: bob@shop.example", True),
        (b"Resent-To: bob@shop.example", True),
        (b"To: bob+orders@shop.example", True),  # known to be his as well
        (b"To: alias@shop.example", True),  # said by `:addresses`
        (b"To: list@shop.example", False),
        (b"To: bobby@shop.example", False),
        (b"To: bob@shop.example\r\nAuto-Submitted: auto-replied", False),  # 4.6, RFC 3834 2
        (b"To: bob@shop.example\r\nAuto-Submitted: no", True),
        (b"To: bob@shop.example\r\nList-Unsubscribe: <mailto:x@y.example>", False),
        (b"To: bob@shop.example\r\nPrecedence: list", False),
    ],
)
def test_who_is_answered(fields, is_answered):  # RFC 5230 4.5, 4.6
    letter = sieve.Letter(b"From: ada@maths.example\r\n" + fields + b"\r\n\r\nHello\r\n")
    own = ["bob@shop.example", "alias@shop.example"]
    assert (vacation.why_silent(letter, "ada@maths.example", own) is None) == is_answered
    for nobody in (
        "",
        "MAILER-DAEMON@maths.example",
        "owner-x@maths.example",
        "bob+x@shop.example",
    ):
        assert vacation.why_silent(letter, nobody, own) is not None


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (b"Ada", b'To: "Ada" <ada@maths.example>'),
        (b'"Ada \\"L\\" Lovelace"', b'To: "Ada \\"L\\" Lovelace" <ada@maths.example>'),
        (b"=?utf-8?q?=C3=89va?=", b"To: =?UTF-8?B?w4l2YQ==?= <ada@maths.example>"),
        (b"", b"To: <ada@maths.example>"),
    ],
)
def test_whom_an_answer_names(name, field):  # RFC 5230 5.4
    letter = sieve.Letter(b"From: " + name + b" <ada@maths.example>\r\n\r\nHello\r\n")
    (answer, *_) = outcome('vacation "Away.";').actions
    assert isinstance(answer, sieve.Vacation)
    now = Around().now
    raw = vacation.answer(letter, answer, "ada@maths.example", "bob@shop.example", now)
    assert field + b"\r\n" in raw


@pytest.mark.parametrize(
    ("to", "author"),
    [
        (b"bob@shop.example", "bob@shop.example"),
        (b"sales@shop.example", "sales@shop.example"),
        (b"x@shop.example, SALES@shop.example", "sales@shop.example"),
        (b"sales@shop.example, bob@shop.example", "bob@shop.example"),
        (b"bob+x@shop.example", "bob@shop.example"),
    ],
)
def test_an_answer_comes_from_whom_it_was_written_to(to, author):  # RFC 5230 5.1, erratum 2035
    letter = sieve.Letter(b"From: ada@maths.example\r\nTo: " + to + b"\r\n\r\nHello\r\n")
    now = Around().now
    for script, sender in (
        ('vacation :addresses ["no address", "Sales <sales@shop.example>"] "Away.";', author),
        ('vacation :addresses "sales@shop.example" :from "c@d.example" "Away.";', "c@d.example"),
    ):
        (answer, *_) = outcome(script).actions
        assert isinstance(answer, sieve.Vacation)
        raw = vacation.answer(letter, answer, "ada@maths.example", "bob@shop.example", now)
        assert f"From: {sender}\r\n".encode() in raw


def test_environment_items_that_are_empty():  # RFC 5183 4
    around = Around(environment={"remote-host": "", "name": "Posthouse"})
    assert holds('environment :contains "remote-host" ""', around=around)
    assert not holds('environment :contains "unknown" ""', around=around)
    numeric = ':comparator "i;ascii-numeric"'
    assert holds(f'environment :count "eq" {numeric} "remote-host" "0"', around=around)
    assert holds(f'environment :count "eq" {numeric} "name" "1"', around=around)


def test_duplicate():  # RFC 7352
    def key(arguments: str) -> str:
        (remembered,) = outcome(f"if duplicate {arguments} {{}}").remembered
        return remembered.key

    assert key("") == key(':header "Message-ID"') != key(':handle "h"')
    assert key(':uniqueid "a"') != key(':uniqueid "b"')
    # 3.2: what a message is known by, not where that was found.
    assert key(':header "x-count"') == key(':uniqueid "7"')
    assert key(':header "x-tag"') == key(':uniqueid "one"')  # 3.1: the first of several
    assert outcome('if duplicate :header "no: name" {}').remembered == []  # 3.1
    known = Around(seen={key("")})
    assert not holds("duplicate :seconds 0", around=known)  # 3.3
    # 3.4: seen again, the time goes on as it began, unless `:last` begins it anew.
    assert outcome("if duplicate {}", around=known).remembered == []
    assert len(outcome("if duplicate :last {}", around=known).remembered) == 1
    # 3: nothing is remembered of a run that failed.
    assert outcome('if duplicate {} error "x";').remembered == []
