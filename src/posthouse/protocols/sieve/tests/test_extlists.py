"""Lists kept outside the script (RFC 6134), clause by clause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.sieve.lists import is_list
from posthouse.protocols.sieve.tests.scene import Around, actions, holds, mistakes, outcome

BOOK = ":addrbook:default"
NEEDS = 'require ["extlists", "variables", "envelope", "body", "date", "imap4flags"];'
NAMES = (
    BOOK,
    "urn:ietf:params:sieve:addrbook:default",
    "URN:IETF:params:sieve:ADDRBOOK:Default",
    ":ADDRBOOK:DEFAULT",
    ":AddrBook:%44%65%66ault",
)
OTHERS = (
    ":addrbook:personal",
    ":addrbook:default?x=y",
    ":addrbook",
    "urn:ietf:params:sieve:addrbook",
    "tag:example.com,2009-05-28:mylist",
    "",
    "default",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_address_book_has_several_names(name):  # 2.5
    assert holds(f'valid_ext_list "{name}"')
    assert holds(f'address :list "from" "{name}"')


@pytest.mark.parametrize("name", OTHERS)
def test_there_is_no_other_list(name):  # 2.7: the same validation
    assert not holds(f'valid_ext_list ["{BOOK}", "{name}"]')
    said = actions(f'if header :list "x-tag" "{name}" {{ discard; }}')[0]
    assert said.startswith("error: There is no list")


def test_what_is_looked_for():  # 2.2
    assert not holds(f'address :list "to" "{BOOK}"')
    assert holds(f'address :list ["to", "from"] "{BOOK}"')
    assert holds(f'address :all :list "from" ["{BOOK}"]')
    assert not holds(f'address :domain :list "from" "{BOOK}"')
    assert holds(f'envelope :list "from" "{BOOK}"')
    assert holds(f'header :list "x-from" "{BOOK}"', b"X-From:   ADA@maths.example \n\n")
    assert holds(f'string :list ["x", " ada@maths.example "] "{BOOK}"')
    assert not holds(f'string :list "" "{BOOK}"')
    assert not holds(f'header :list "x-none" "{BOOK}"')


def test_the_value_of_the_list_can_be_taken():  # 2.2: ${0}
    test = f'string :list ["x@y.example", "Ada@maths.example"] "{BOOK}"'
    assert actions(f'if {test} {{ fileinto "${{0}}"; }}') == ["file ada@maths.example"]


@pytest.mark.parametrize(
    "script",
    [
        f'if header :list :comparator "i;octet" "from" "{BOOK}" {{}}',  # 2.2
        f'if header :list :is "from" "{BOOK}" {{}}',
        f'if body :list "{BOOK}" {{}}',  # tests that do not support it
        f'if currentdate :list "hour" "{BOOK}" {{}}',
        f'if hasflag :list "{BOOK}" {{}}',
        "if valid_ext_list {}",
    ],
)
def test_where_it_cannot_stand(script):
    assert len(mistakes(f"{NEEDS} {script}")) == 1


def test_it_is_required():  # 2.1
    (said,) = mistakes(f'if header :list "from" "{BOOK}" {{}}')
    assert 'require "extlists"' in said
    (said,) = mistakes(f'redirect :list "{BOOK}";')
    assert 'require "extlists"' in said


def test_mail_is_not_sent_on_to_a_whole_book():  # 2.3: what cannot be enumerated is an error
    assert mistakes(f'{NEEDS} redirect :list "{BOOK}";') == []
    assert "all of an address book" in str(outcome(f'discard; redirect :list "{BOOK}";').error)
    assert "no list" in str(outcome('redirect :list ":addrbook:other";').error)


def test_so_many_values_are_asked_for():
    asked: list[int] = []

    class Counting(Around):
        def first_listed(self, values):
            asked.append(len(values))

    many = b"To: " + b", ".join(b"a%d@b.example" % n for n in range(300)) + b"\n\n"
    assert not holds(f'address :list "to" "{BOOK}"', many, Counting())
    assert asked == [100]


@given(st.text(st.sampled_from(":urnaddbokeflt%46?/#") | st.characters(), max_size=40))
def test_any_name_is_read(name):
    assert is_list(name) in (True, False)
