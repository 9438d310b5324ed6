"""Folders by their id (RFC 9042), clause by clause."""

import pytest

from posthouse.protocols.sieve.tests.scene import actions, holds, mistakes, outcome

NEEDS = 'require ["fileinto", "mailbox", "mailboxid", "special-use", "fcc", "vacation", "enotify"];'


def test_it_goes_before_the_name():  # 4
    assert actions('fileinto :mailboxid "F6352" "Work";') == ["file Work id F6352"]
    assert actions('set "i" "6352"; fileinto :mailboxid "F${i}" "Work";') == ["file Work id F6352"]
    both = 'fileinto :mailboxid "F1" "Work"; fileinto :mailboxid "F2" "Work";'
    assert actions(both) == ["file Work id F1", "file Work id F2"]


def test_beside_create():  # 4.1
    assert actions('fileinto :mailboxid "Fnone" :create "A";') == ["file A id Fnone create"]


@pytest.mark.parametrize(
    ("script", "count"),
    [
        (r'fileinto :mailboxid "F1" :specialuse "\\Junk" "A";', 1),  # 4.2
        (r'vacation :fcc "A" :mailboxid "F1" :specialuse "\\Sent" "x";', 1),  # 5
        ('vacation :mailboxid "F1" "x";', 1),
        ('vacation :fcc "A" :mailboxid "F1" "x";', 0),
        ('fileinto :mailboxid ["F1"] "A";', 1),
        ('if mailboxidexists ["F1", "F2"] {}', 0),
        ("if mailboxidexists {}", 1),
    ],
)
def test_where_it_stands(script, count):
    assert len(mistakes(f"{NEEDS} {script}")) == count


def test_it_is_required():  # 3
    (said,) = mistakes('require "fileinto"; fileinto :mailboxid "F1" "A";')
    assert 'require "mailboxid"' in said
    (said,) = mistakes('if mailboxidexists "F1" {}')
    assert 'require "mailboxid"' in said


def test_copies_by_id():  # 5
    found = actions('notify :fcc "A" :mailboxid "F1" "mailto:a@b.example";')
    assert found[0] == "notify a@b.example, file A id F1"


def test_whether_there_is_one():  # 6
    assert holds('mailboxidexists "Fwork"')
    assert not holds('mailboxidexists ["Fwork", "Fnone"]')
    assert outcome('if mailboxidexists "\xff" {}').error is None
