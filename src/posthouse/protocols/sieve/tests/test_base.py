"""RFC 5228, clause by clause: a script, a message, what comes out."""

import pytest

from posthouse.protocols.sieve.tests.scene import MESSAGE, Around, actions, holds, mistakes


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", ["keep!"]),  # 2.10.2
        ("keep;", ["keep"]),
        ("keep; keep;", ["keep"]),  # 2.10.3
        ("discard;", []),  # 4.4
        ("discard; keep;", ["keep"]),
        ('fileinto "Work";', ["file Work"]),  # 4.1
        ('fileinto "Work"; fileinto "Work";', ["file Work"]),
        ('keep; fileinto "INBOX";', ["keep"]),
        ('redirect "z@z.example";', ["redirect z@z.example"]),  # 4.2
        ('redirect "Z <z@z.example>"; redirect "Z@z.example";', ["redirect z@z.example"]),
        ('redirect :copy "z@z.example";', ["redirect z@z.example", "keep!"]),  # RFC 3894
        ('fileinto :copy "Work"; discard;', ["file Work"]),
        ('stop; fileinto "Work";', ["keep!"]),  # 3.3
        ("if true { stop; } discard;", ["keep!"]),
        ("if false { discard; } elsif true { keep; } else { stop; }", ["keep"]),  # 3.1
        ('if false {} elsif false {} else { fileinto "A"; }', ["file A"]),
        ("# comment\r\nkeep /* here */ ; ", ["keep"]),  # 2.3
        ("KEEP;", ["keep"]),  # 2.6
    ],
)
def test_commands(script, expected):
    assert actions(script) == expected


@pytest.mark.parametrize(
    "test",
    [
        "true",
        "not false",
        "allof (true, not false)",
        "anyof (false, true)",
        'exists "subject"',
        'exists ["Subject", "FROM"]',
        'not exists ["subject", "x-none"]',
        "size :over 10",
        "size :under 1K",
        "not size :over 1M",
        'header "subject" "Invoice 42 for you"',  # decoded, 2.7.2
        'header :is "subject" "INVOICE 42 FOR YOU"',  # i;ascii-casemap, 2.7.3
        'not header :comparator "i;octet" "subject" "INVOICE 42 FOR YOU"',
        'header :contains "x-tag" "tw"',
        'header :contains ["x-none", "x-tag"] ["zero", "one"]',
        'header :contains "subject" ""',
        'not header :contains "x-none" ""',
        'header :matches "subject" "*42*you"',
        'header :matches "subject" "Invoice ?? *"',
        'not header :matches "subject" "Invoice ???? you"',
        'header :comparator "i;ascii-numeric" "x-count" "007"',
        'not header :comparator "i;ascii-numeric" "x-count" "8"',
        'address "from" "ada@maths.example"',
        'address :localpart "from" "ADA"',
        'address :domain ["cc", "from"] "shop.example"',
        'address :all :contains "to" "carol"',
        'address :user "to" "bob"',  # RFC 5233
        'address :detail "to" "orders"',
        'not address :detail "from" ""',
        'envelope "from" "ada@maths.example"',
        'envelope :domain "to" "shop.example"',
        'envelope :detail "to" "orders"',
    ],
)
def test_true_of_the_message(test):
    assert holds(test)


@pytest.mark.parametrize("part", [":all", ":localpart", ":domain"])
def test_the_null_return_path_is_an_empty_string(part):  # 5.4
    assert holds(f'envelope {part} "from" ""', around=Around(mail_from=""))


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("*", "", True),
        ("?", "", False),
        ("?", "é", True),
        ("a*b*c", "aXbYbZc", True),
        ("a*b*c", "ac", False),
        ("*a", "aaa", True),
        ("a*a", "a", False),
        (r"\\*", "*", True),
        (r"\\*", "x", False),
        (r"\\?\\\\", "?\\\\", True),
        ("**?", "x", True),
        ("?*?", "x", False),
    ],
)
def test_wildcards(pattern, value, fits):  # 2.7.1
    assert holds(f'string :matches "{value}" "{pattern}"') == fits


def test_strings():  # 2.4.2
    assert holds(r'string "a\"b\\c\d" "a\"b\\cd"')
    assert holds('string text:\r\n..dot\r\nline\r\n.\r\n ".dot\r\nline\r\n"')
    assert holds('string "${hex: 40 41}" "@A"')  # 2.4.2.4
    assert holds('string "${unicode:4e2d 6587}" "中文"')
    assert holds('string "${hex: 4}${nothex:40}" "\x04${nothex:40}"')


def test_an_error_keeps_the_message():  # 2.10.6
    (error, kept) = actions('fileinto "Work"; set "a" "no address"; redirect "${a}";')
    assert error == "error: “no address” is no mail address."
    assert kept == "keep!"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("keep", "line 1, column 5: A “;” or a block is expected, not the end of the script."),
        ("keep;\nnonsense;", "line 2, column 1: There is no command or test “nonsense”."),
        ("if true { keep; ", "line 1, column 17: A “}” is missing."),
        ("keep; }", "line 1, column 7: There is a “}” too many."),
        ('fileinto "x";', 'line 1, column 1: “fileinto” needs: require "fileinto";'),
        ('require "none";', "line 1, column 9: There is no extension “none” here."),
        ('keep; require "copy";', "line 1, column 7: “require” stands before all other commands."),
        ('redirect "nobody";', "line 1, column 10: “nobody” is no mail address."),
        ('if header :is :contains "a" "b" {}', "cannot stand here a second time."),
        ('if header :comparator "i;x" "a" "b" {}', "There is no comparator “i;x”."),
        ('if header :comparator "i;ascii-numeric" "a" "1" {}', 'comparator-i;ascii-numeric";'),
        ('if header "a" {}', "“header” needs a string or list of strings more."),
        ('if header "a" "b" "c" {}', "“header” takes no more arguments."),
        ('if address "subject" "x" {}', "“subject” is no field that holds addresses."),
        ("if size 5 {}", "“size” needs “:over” or “:under”."),
        ("if keep {}", "“keep” is no test."),
        ("true;", "“true” is a test: it stands behind “if”."),
        ("else { keep; }", "There is no “if” before this “else”."),
        ("if true; ", "“if” has a block"),
        ("if not (true) {}", "“not” takes one test."),
        ("if anyof true {}", "“anyof” takes a list of tests: ( … )."),
        ("keep { }", "“keep” has no block."),
        ('"x";', "A command is expected here, not a string."),
        ('redirect "x', "This string has no closing quote."),
        ("/* never", "This comment has no end."),
        ("if size :over 99999999999999999999 {}", "This number is too large."),
        ("if size :over 5X {}", "A number is digits, with K, M or G behind them."),
        ("redirect [];", "A string is expected here, not “]”."),
        ("@", "“@” cannot stand here."),
        ("if size 5 :over {}", "“:over” stands before what has no tag."),  # 2.6.2
        ("if this_is_no_name_that_a_test_could_have {}", "This name is too long."),
    ],
)
def test_mistakes_are_named_with_their_place(script, expected):
    assert expected in "\n".join(mistakes(script))


def test_all_mistakes_are_told_at_once():
    found = mistakes('nonsense;\nkeep;\nfileinto "a";\nif header "x" {}')
    assert [text.partition(",")[0] for text in found] == ["line 1", "line 3", "line 4"]


def test_behind_what_cannot_be_read_reading_goes_on():  # 8.2
    found = mistakes("keep\n;if true { keep, } else { stop }\nkeep $;\nif size :over 5X {}")
    assert [text.partition(",")[0] for text in found] == [
        "line 2",
        "line 2",
        "line 3",
        "line 4",
    ]
    # An `else` whose `if` could not be read is not a second mistake, nor is a lost bracket.
    assert len(mistakes("if $ { keep; } elsif true { stop; } else { discard; }")) == 1
    assert len(mistakes("if true { if anyof (true,) { keep; ")) == 1
    # A chain without its beginning is one mistake, whatever follows in it (3.1).
    assert len(mistakes("elsif true { keep; } elsif true { stop; } else { keep; }")) == 1


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("z@z.example", "z@z.example"),
        (" z @ z.example ", "z@z.example"),
        ("<z@z.example>", "z@z.example"),
        ("Zoë Z. <z@z.example>", "z@z.example"),
        (r"\"Z, <the> Z\" Q <z@z.example>", "z@z.example"),
        ("章@例子.example", "章@例子.example"),  # RFC 6532 3.2
        ("@z.example", None),
        ("z", None),
        ("z@", None),
        ("<>", None),
        ("Z z@z.example", None),  # a name stands before brackets
        ("Z <z@z.example", None),
        ("Z, Q <z@z.example>", None),
        ("z@z.example, q@z.example", None),
        ("Friends: z@z.example;", None),
        ("<@a.example:z@z.example>", None),
    ],
)
def test_addresses_of_outgoing_mail(written, address):  # 2.4.2.3
    found = mistakes(f'redirect "{written}";')
    assert found == [] if address else "is no mail address" in found[0]
    if address:
        assert actions(f'redirect "{written}";') == [f"redirect {address}"]
    else:  # 2.4.2.3: nor when a variable says it
        assert actions(f'set "a" "{written}"; redirect "${{a}}";')[0].startswith("error: ")


def test_a_message_without_a_field_or_body():
    assert actions('if header :contains "a" "" { discard; }', b"\n") == ["keep!"]
    assert actions("if size :over 0 { discard; }", MESSAGE) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ('stop "x" true { keep; }', ["takes no more arguments", "takes no test"]),
        ('if address matches "from" "x" { }', ["needs a string", "no command or test “matches”"]),
        ("if exists true { }", ["needs a string"]),
        ('discard "x" { keep; }', ["takes no more arguments", "has no block"]),
    ],
)
def test_arguments_and_shape_are_both_told(script, told):
    found = mistakes(script)
    assert len(found) == len(told)
    assert all(any(words in each for each in found) for words in told)
