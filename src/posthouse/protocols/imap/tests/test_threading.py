"""The two algorithms of RFC 5256 3, clause by clause; what they must keep on any input."""

import re
import time
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.base_subject import base_subject
from posthouse.protocols.imap.ordering import Algorithm
from posthouse.protocols.imap.threading import Threadable, thread


def message(number, subject="", *, id="", refs="", sent=None):
    base, answers = base_subject(subject)
    return Threadable(
        number=number,
        sent=float(number if sent is None else sent),
        subject=base.upper(),
        answers=answers,
        message_id=id or None,
        references=tuple(refs.split()),
    )


def references(*messages):
    return thread(Algorithm.REFERENCES, messages).decode()


def by_subject(*messages):
    return thread(Algorithm.ORDEREDSUBJECT, messages).decode()


def test_nothing():
    assert references() == by_subject() == ""


def test_ordered_subject():
    """RFC 5256 3: the first of a subject stands above all others, threads go by their first."""
    assert (
        by_subject(
            message(1, "b", sent=5),
            message(2, "Re: a", sent=9),
            message(3, "a", sent=2),
            message(4, "RE: B", sent=7),
            message(5, "Fwd: A", sent=4),
            message(6, "c", sent=5),
        )
        == "(3 (5)(2))(1 4)(6)"
    )


def test_parents_by_references():
    """Step 1: along References, one below the other; branches become lists of their own."""
    assert (
        references(
            message(1, id="a"),
            message(2, id="b", refs="a"),
            message(3, id="c", refs="a b"),
            message(4, id="d", refs="a b"),
            message(5, id="e", refs="a b d"),
            message(6, id="f"),
        )
        == "(1 2 (3)(4 5))(6)"
    )


def test_a_reply_that_came_first():
    assert references(message(1, id="b", refs="a"), message(2, id="a", sent=0)) == "(2 1)"


def test_the_last_reference_counts_more_than_what_others_say():
    """Step 1.B: the link that another's References made is broken."""
    assert (
        references(
            message(1, id="a"),
            message(2, id="b"),
            message(3, id="d", refs="b c"),
            message(4, id="c", refs="a"),
        )
        == "(1 4 3)(2)"
    )


def test_a_message_without_references_has_no_parent():
    """Step 1.B: not even one that a message before it named."""
    assert (
        references(message(1, id="c", refs="a b"), message(2, id="a"), message(3, id="b"))
        == "(2)(3 1)"
    )


def test_no_loops():
    assert references(message(1, id="a", refs="b"), message(2, id="b", refs="a")) == "(2 1)"
    assert references(message(1, id="a", refs="a")) == "(1)"
    assert references(message(1, id="a", refs="b a b")) == "(1)"


def test_a_message_id_belongs_to_the_first_who_bears_it():
    assert (
        references(message(1, id="a"), message(2, id="a"), message(3, id="b", refs="a"), message(4))
        == "(1 3)(2)(4)"
    )


def test_missing_parents():
    """Step 3: one child goes up, several keep their dummy at the top and nowhere else."""
    assert references(message(1, id="b", refs="gone")) == "(1)"
    assert references(message(1, refs="gone"), message(2, refs="gone")) == "((1)(2))"
    assert (
        references(message(1, id="a"), message(2, refs="a gone"), message(3, refs="a gone"))
        == "(1 (2)(3))"
    )
    assert references(message(1, refs="x y z"), message(2, refs="x y w")) == "((1)(2))"


def test_top_level_by_date_and_then_by_number():
    """Step 4; a dummy counts as its first child."""
    assert (
        references(
            message(1, id="a", sent=9),
            message(2, sent=4),
            message(3, sent=4),
            message(4, refs="gone", sent=10),
            message(5, refs="gone", sent=3),
        )
        == "((5)(4))(2)(3)(1)"
    )


def test_siblings_by_date():
    """Step 6."""
    assert (
        references(
            message(1, id="a"),
            message(2, refs="a", sent=9),
            message(3, id="c", refs="a", sent=3),
            message(4, refs="c", sent=8),
            message(5, refs="c", sent=7),
        )
        == "(1 (3 (5)(4))(2))"
    )


def test_subjects_bring_together():
    """Step 5.C."""
    # A reply goes below the message it seems to answer, wherever that stands.
    assert references(message(1, "Re: x"), message(2, "x")) == "(2 1)"
    # Two that do not answer become siblings below a dummy; so do two replies.
    assert references(message(1, "x"), message(2, "x")) == "((1)(2))"
    assert references(message(1, "Re: x"), message(2, "Fwd: x")) == "((1)(2))"
    # What comes then is a sibling of both.
    assert references(message(1, "x"), message(2, "x"), message(3, "Re: x")) == "((1)(2)(3))"
    # A dummy takes in the others, a second dummy gives its children to the first.
    assert (
        references(message(1, "x", refs="g"), message(2, "x", refs="g"), message(3, "x"))
        == "((1)(2)(3))"
    )
    assert (
        references(
            message(1, "x", refs="g"),
            message(2, "y", refs="g"),
            message(3, "x", refs="h"),
            message(4, "z", refs="h"),
        )
        == "((1)(2)(3)(4))"
    )
    # Without a subject nobody is brought together.
    assert references(message(1, "Re:"), message(2, "")) == "(1)(2)"


def test_replies_that_met_before_the_message_itself():
    assert references(message(1, "Re: x"), message(2, "x"), message(3, "Re: x")) == "(2 (1)(3))"


_IDS = st.sampled_from("abcdefgh")
_MESSAGES = st.lists(
    st.builds(
        message,
        number=st.just(0),
        subject=st.sampled_from(["", "x", "Re: x", "y", "Fwd: y", "[fwd: x]"]),
        id=st.one_of(st.just(""), _IDS),
        refs=st.lists(_IDS, max_size=5).map(" ".join),
        sent=st.integers(0, 5),
    ),
    max_size=12,
)


def _depth_is_even(text):
    depth = 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


@given(_MESSAGES, st.sampled_from(Algorithm))
def test_every_message_stands_in_one_place(messages, algorithm):
    numbered = [
        Threadable(n, one.sent, one.subject, one.answers, one.message_id, one.references)
        for n, one in enumerate(messages, start=1)
    ]
    text = thread(algorithm, numbered).decode()
    assert Counter(re.findall(r"\d+", text)) == Counter(str(one.number) for one in numbered)
    assert _depth_is_even(text)
    # RFC 5256 5: thread-list = "(" (thread-members / thread-nested) ")"
    assert not re.search(r"\(\)|\( | \)|\) |\d\(", text)


def test_hostile_folders_take_no_time():
    """One chain down and up, one message with everything below it, a knot of contradictions."""
    size = 5_000
    down = [message(n, id=f"{n}", refs=f"{n - 1}") for n in range(1, size)]
    up = [message(n, id=f"{n}", refs=f"{n + 1}") for n in range(1, size)]
    flat = [message(n, "x", refs="0") for n in range(1, size)]
    knot = [message(n, id=f"{n}", refs=f"{n * 7 % size} {n * 11 % size}") for n in range(1, size)]
    for messages in (down, up, flat, knot):
        started = time.process_time()
        references(*messages)
        by_subject(*messages)
        assert time.process_time() - started < 1
