"""Spamtest and virustest (RFC 5235), clause by clause."""

import pytest

from posthouse.protocols.sieve.tests.scene import Around, holds, mistakes

NUMBER = ':comparator "i;ascii-numeric"'


def value(percent: int | None, test: str = "spamtest") -> list[str]:
    """Which numbers the test is equal to."""
    around = Around(spam=percent)
    numbers = (*range(11), 37, 100)
    return [str(n) for n in numbers if holds(f'{test} "{n}"', around=around)]


@pytest.mark.parametrize(
    ("percent", "of_ten"),
    [(None, "0"), (0, "1"), (1, "2"), (20, "2"), (50, "5"), (80, "8"), (99, "9"), (100, "10")],
)
def test_spam_has_a_grade_of_ten(percent, of_ten):  # 3.2.1
    assert value(percent) == [of_ten]


@pytest.mark.parametrize(("percent", "said"), [(None, "0"), (0, "0"), (37, "37"), (100, "100")])
def test_spam_has_a_percentage(percent, said):  # 3.2.2
    assert value(percent, "spamtest :percent") == [said]


def test_grades_rise_with_the_percentage():  # 3.2.1: a higher number, a greater likelihood
    grades = [int(value(percent)[0]) for percent in (0, 1, 12, 23, 34, 45, 56, 67, 78, 89, 99, 100)]
    assert grades == sorted(grades)
    assert grades[1:-1] == [2, 2, 3, 4, 5, 6, 7, 8, 9, 9]


def test_numbers_are_in_order():  # 3.2.1, the example
    assert holds(f'spamtest :value "ge" {NUMBER} "3"', around=Around(spam=60))
    assert not holds(f'spamtest :value "ge" {NUMBER} "3"', around=Around(spam=0))
    assert holds(f'spamtest :percent :value "lt" {NUMBER} "37"', around=Around(spam=36))


@pytest.mark.parametrize("test", ["spamtest", "spamtest :percent", "virustest"])
def test_whether_anybody_looked_is_counted(test):  # 3.1
    count = f'{test} :count "eq" {NUMBER}'
    assert holds(f'{count} "0"')
    assert not holds(f'{count} "1"')
    for around in (Around(spam=0, virus=1), Around(spam=100, virus=5)):
        assert holds(f'{count} "1"', around=around)


def test_viruses_have_grades():  # 3.3
    assert holds('virustest "0"')
    assert holds('virustest "1"', around=Around(virus=1))
    assert holds(f'virustest :value "ge" {NUMBER} "4"', around=Around(virus=5))


def test_which_extension_a_test_needs():  # 3.2
    assert mistakes('require "spamtest"; if spamtest "1" { stop; }') == []
    assert mistakes('require "spamtestplus"; if spamtest "1" { stop; }') == []
    assert mistakes('require "spamtestplus"; if spamtest :percent "1" { stop; }') == []
    (said,) = mistakes('require "spamtest"; if spamtest :percent "1" { stop; }')
    assert 'require "spamtestplus"' in said
    (said,) = mistakes('if spamtest "1" { stop; }')
    assert 'require "spamtest"' in said
    (said,) = mistakes('if virustest "1" { stop; }')
    assert 'require "virustest"' in said
    assert mistakes('require "spamtest"; if spamtest ["1", "2"] { stop; }')


def test_what_was_found_can_be_taken():  # match variables, RFC 5229 3.2
    assert holds(
        'allof(spamtest :percent :matches "*", string "${1}" "42")', around=Around(spam=42)
    )
