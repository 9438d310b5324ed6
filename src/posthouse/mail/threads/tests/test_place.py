"""The rules of placing: who joins whom, and who does not."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.ids import new_id
from posthouse.mail.threads.model import (
    MOST_BEARERS,
    THREAD_LIMIT,
    Known,
    Newcomer,
    Placement,
    base_subject,
    place,
)


def newcomer(
    name: str, *references: str, subject: str = "pumps", is_reply: bool | None = None
) -> Newcomer:
    """A message with Message-ID `name`; a reply when it names others, unless said."""
    return Newcomer(
        message_id=new_id(),
        message_id_key=name.encode() or None,
        reference_keys=tuple(each.encode() for each in references),
        subject_key=subject.encode(),
        is_reply=bool(references) if is_reply is None else is_reply,
    )


def stored(message: Newcomer, thread_id: UUID, *, size: int = 1) -> Known:
    """`message` once it has been filed into a thread of `size`."""
    return Known(
        message_id=message.message_id,
        message_id_key=message.message_id_key,
        reference_keys=message.reference_keys,
        subject_key=message.subject_key,
        is_reply=message.is_reply,
        thread_id=thread_id,
        size=size,
    )


def groups(messages: Sequence[Newcomer], placement: Placement) -> list[set[str]]:
    """Names that share a thread, largest thread first."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for message in messages:
        found[placement.threads[message.message_id]].add((message.message_id_key or b"").decode())
    return sorted(found.values(), key=lambda each: (-len(each), sorted(each)))


def together(*messages: Newcomer) -> list[set[str]]:
    return groups(messages, place(messages, (), new_id))


# -- who joins --------------------------------------------------------------------


def test_a_reply_joins_its_parent():
    assert together(newcomer("a"), newcomer("b", "a")) == [{"a", "b"}]


def test_the_order_of_a_batch_does_not_matter():
    assert together(newcomer("b", "a"), newcomer("a")) == [{"a", "b"}]


def test_a_reply_joins_through_any_ancestor_it_names():
    assert together(newcomer("a"), newcomer("c", "gone", "a")) == [{"a", "c"}]


def test_a_reply_with_another_subject_joins_when_it_says_re():
    assert together(newcomer("a"), newcomer("b", "a", subject="valves")) == [{"a", "b"}]


def test_replies_to_one_that_is_not_here_are_siblings_under_one_subject():
    assert together(newcomer("b", "a"), newcomer("c", "a")) == [{"b", "c"}]


def test_a_late_parent_joins_what_stood_apart():
    b, c = newcomer("b", "a"), newcomer("c", "a", subject="valves")
    older, younger = new_id(), new_id()
    parent = newcomer("a")
    placement = place([parent], [stored(b, younger), stored(c, older)], new_id)
    assert placement.threads[parent.message_id] == older
    assert placement.merges == {younger: older}
    assert placement.fresh == []


def test_stored_messages_alone_are_regrouped():
    """What the repair asks: nobody is new, but two that belong together stand apart."""
    older, younger = new_id(), new_id()
    known = [stored(newcomer("a"), older), stored(newcomer("b", "a"), younger)]
    assert place((), known, new_id).merges == {younger: older}


# -- who does not -------------------------------------------------------------------


def test_the_same_subject_without_references_joins_nobody():
    assert together(newcomer("a"), newcomer("b"), newcomer("c")) == [{"a"}, {"b"}, {"c"}]


def test_a_fresh_subject_starts_a_thread_though_it_names_an_old_mail():
    fresh = newcomer("b", "a", subject="valves", is_reply=False)
    assert together(newcomer("a"), fresh) == [{"a"}, {"b"}]


def test_siblings_of_two_subjects_stay_apart_until_the_parent_comes():
    siblings = newcomer("b", "a"), newcomer("c", "a", subject="valves")
    assert together(*siblings) == [{"b"}, {"c"}]
    assert together(*siblings, newcomer("a")) == [{"a", "b", "c"}]


def test_messages_without_a_message_id_join_nobody():
    assert len(together(newcomer(""), newcomer(""))) == 2


def test_a_message_id_that_several_bear_links_nothing():
    bearers = [newcomer("robot", subject=f"alarm {n}") for n in range(MOST_BEARERS + 1)]
    replies = [newcomer("x", "robot"), newcomer("y", "robot")]
    assert len(together(*bearers, *replies)) == MOST_BEARERS + 3
    assert {"robot", "x", "y"} in together(*bearers[1:], *replies)


def test_thousands_of_bearers_cost_no_more_than_they_are():
    crowd = [newcomer("robot", "robot-parent", subject=f"{n}") for n in range(20_000)]
    started = time.perf_counter()
    assert len(together(*crowd, newcomer("x", "robot"))) == 20_001
    assert time.perf_counter() - started < 5


def test_a_thread_never_grows_beyond_its_limit():
    full = new_id()
    parent = stored(newcomer("a"), full, size=THREAD_LIMIT)
    reply = newcomer("b", "a")
    placement = place([reply], [parent], new_id)
    assert placement.fresh == [placement.threads[reply.message_id]]
    assert placement.merges == {}


def test_two_large_threads_are_not_joined_by_a_common_child():
    known = [
        stored(newcomer("a"), new_id(), size=THREAD_LIMIT // 2),
        stored(newcomer("b"), new_id(), size=THREAD_LIMIT // 2 + 1),
    ]
    child = newcomer("c", "a", "b")
    placement = place([child], known, new_id)
    assert placement.merges == {}
    assert placement.threads[child.message_id] in {each.thread_id for each in known}


@pytest.mark.parametrize("root_is_here", [True, False])
def test_a_huge_discussion_is_continued_in_another_thread(root_is_here: bool):
    """At once or one by one, of which a look-up finds the newest fifty."""
    replies = [newcomer(f"r{n}", "root") for n in range(3 * THREAD_LIMIT - root_is_here)]
    batch = [newcomer("root"), *replies] if root_is_here else replies
    assert [len(each) for each in together(*batch)] == [THREAD_LIMIT] * 3

    sizes: Counter[UUID] = Counter()
    known: list[Known] = []
    for message in batch:
        near = [*known[:root_is_here], *known[root_is_here:][-50:]]
        found = [replace(each, size=sizes[each.thread_id]) for each in near]
        placement = place([message], found, new_id)
        assert placement.merges == {}
        known.append(stored(message, placement.threads[message.message_id]))
        sizes[known[-1].thread_id] += 1
    assert list(sizes.values()) == [THREAD_LIMIT] * 3


# -- strange graphs -------------------------------------------------------------------


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([newcomer("a", "a")], id="names itself"),
        pytest.param([newcomer("a", "b"), newcomer("b", "a")], id="name each other"),
        pytest.param(
            [newcomer("a", "c"), newcomer("b", "a"), newcomer("c", "b")], id="in a circle"
        ),
    ],
)
def test_circles_end(messages: list[Newcomer]):
    assert len(together(*messages)) == 1


def test_huge_reference_lists_are_linear():
    def seconds(count: int) -> float:
        names = [f"m{n}" for n in range(count)]
        batch = [newcomer(name, *names) for name in names]
        started = time.perf_counter()
        place(batch, (), new_id)
        return time.perf_counter() - started

    seconds(20)
    small = min(seconds(150) for _ in range(3))
    large = min(seconds(300) for _ in range(3))  # four times the references
    assert large / small < 12


# -- properties -----------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    name: int
    references: tuple[int, ...]
    subject: int
    is_reply: bool

    def newcomer(self) -> Newcomer:
        names = tuple(f"{each}" for each in self.references)
        return newcomer(f"{self.name}", *names, subject=f"{self.subject}", is_reply=self.is_reply)


_drafts = st.lists(
    st.builds(
        Draft,
        name=st.integers(0, 9),
        references=st.lists(st.integers(0, 12), max_size=4).map(tuple),
        subject=st.integers(0, 2),
        is_reply=st.booleans(),
    ),
    max_size=14,
)
# Every one its own name, and every one a reply under one subject: nothing is guarded against.
_plain = st.permutations(range(10)).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                Draft,
                name=st.just(name),
                references=st.lists(st.integers(0, 12), max_size=3).map(tuple),
                subject=st.just(0),
                is_reply=st.just(True),
            )
            for name in names
        )
    )
)


@given(_drafts)
def test_everyone_has_one_thread_and_only_relatives_share_it(drafts: list[Draft]):
    batch = [draft.newcomer() for draft in drafts]
    placement = place(batch, (), new_id)
    assert set(placement.threads) == {message.message_id for message in batch}
    assert sorted(placement.fresh) == sorted(set(placement.threads.values()))
    assert placement.merges == {}
    for thread in placement.fresh:
        members = [m for m in batch if placement.threads[m.message_id] == thread]
        touched = [{m.message_id_key, *m.reference_keys} for m in members]
        reached = touched.pop()
        while touched:
            near = [each for each in touched if each & reached]
            assert near, "a thread of strangers"
            reached = reached.union(*near)
            touched = [each for each in touched if each not in near]


@given(_plain, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(drafts: Sequence[Draft], order: random.Random):
    """Filed one by one in any order, with merges as they come, or all at once: the same threads."""
    batch = [draft.newcomer() for draft in drafts]
    at_once = place(batch, (), new_id)
    shuffled = list(batch)
    order.shuffle(shuffled)
    assert groups(batch, _one_by_one(shuffled)) == groups(batch, at_once)


@given(_plain, st.integers(0, 2**10 - 1))
def test_what_two_writers_filed_apart_is_regrouped(drafts: Sequence[Draft], sides: int):
    """Each writer sees only his own; the repair, which sees all, ends where one writer would."""
    batch = [draft.newcomer() for draft in drafts]
    left = [m for n, m in enumerate(batch) if sides >> n & 1]
    right = [m for n, m in enumerate(batch) if not sides >> n & 1]
    threads = {
        **place(left, (), new_id).threads,
        **place(right, (), new_id).threads,
    }
    known = [stored(message, threads[message.message_id]) for message in batch]
    merges = place((), known, new_id).merges
    repaired = Placement(threads={m: merges.get(t, t) for m, t in threads.items()})
    assert groups(batch, repaired) == groups(batch, place(batch, (), new_id))
    assert all(into < thread for thread, into in merges.items())
    assert not set(merges) & set(merges.values())


def _one_by_one(messages: Sequence[Newcomer]) -> Placement:
    threads: dict[UUID, UUID] = {}
    known: list[Known] = []
    for message in messages:
        placement = place([message], known, new_id)
        known.append(stored(message, placement.threads[message.message_id]))
        known = [
            replace(k, thread_id=placement.merges.get(k.thread_id, k.thread_id)) for k in known
        ]
        threads = {k.message_id: k.thread_id for k in known}
    return Placement(threads=threads)


# -- subjects -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Pumps", "pumps", False),
        ("Re: Pumps", "pumps", True),
        ("RE: AW: Fwd: Pumps", "pumps", True),
        ("Re[2]: Pumps", "pumps", True),
        ("Re (3): Pumps", "pumps", True),
        ("回复：水泵", "水泵", True),
        ("答复: 转发：水泵", "水泵", True),
        ("[EXTERNAL] Re: Pumps", "pumps", True),
        ("  Re:\tPumps   and  valves ", "pumps and valves", True),
        ("Regarding: Pumps", "regarding: pumps", False),
        ("Re", "re", False),
        ("Re: ", "", True),
        ("", "", False),
    ],
)
def test_base_subject(subject: str, base: str, is_reply: bool):
    assert base_subject(subject) == (base, is_reply)


def test_a_subject_of_nothing_but_prefixes_is_linear():
    started = time.perf_counter()
    assert base_subject("Re: " * 250_000) == ("", True)  # a header of a megabyte
    assert time.perf_counter() - started < 2


@given(st.text(max_size=60))
def test_the_base_of_a_base_is_itself(subject: str):
    base, _ = base_subject(subject)
    assert base_subject(base)[0] == base
