"""Keys answered from memory agree with keys asked of each message; what is not known stays open."""

from array import array
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap import search as s
from posthouse.protocols.imap.flags import SystemFlag
from posthouse.protocols.imap.sequence import SequenceSet
from posthouse.servers.imap.masks import chosen, everything, mask_of

LEAVES = st.sampled_from(
    [
        s.Every(),
        s.IsRecent(),
        s.HasFlag(SystemFlag.SEEN),
        s.HasFlag(SystemFlag.DRAFT),
        s.HasKeyword("work"),
        s.ChangedSince(3),
        s.InUids(SequenceSet(((2, 4),))),
        s.Larger(10),
        s.InText("never in memory"),
    ]
)
KEYS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(s.Not, inner),
        st.builds(s.Or, inner, inner),
        st.builds(s.And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
MESSAGES = st.lists(
    st.tuples(st.integers(0, 63), st.integers(1, 5), st.booleans(), st.sampled_from([None, 5, 20])),
    max_size=6,
)


def leaf_of(key):
    return ("size", lambda size: size > 10) if isinstance(key, s.Larger) else None


def fulfils(key, uid, message):
    """True, False, or None where too little is known."""
    flags, modseq, working, size = message
    match key:
        case s.And(keys):
            found = [fulfils(inner, uid, message) for inner in keys]
            return False if False in found else None if None in found else True
        case s.Or(first, second):
            found = [fulfils(inner, uid, message) for inner in (first, second)]
            return True if True in found else None if None in found else False
        case s.Not(inner):
            found = fulfils(inner, uid, message)
            return None if found is None else not found
        case s.HasFlag(flag):
            return bool(flags & flag)
        case s.HasKeyword():
            return working
        case s.ChangedSince():
            return modseq >= 3
        case s.InUids():
            return 2 <= uid <= 4
        case s.IsRecent():
            return 3 <= uid <= 4
        case s.Larger():
            return None if size is None else size > 10
        case s.InText():
            return None
    return isinstance(key, s.Every)


class View(SimpleNamespace):
    def __len__(self):
        return len(self.uids)

    def chosen(self, messages, *, by_uid):
        return messages.positions_of_uids(self.uids)

    def recent(self):
        return [range(min(2, len(self)), min(4, len(self)))]


@given(KEYS, MESSAGES, st.integers(0, 3))
def test_three_values(key, messages, first):
    uids = range(1, len(messages) + 1)
    view: Any = View(
        uids=array("I", uids),
        flags=array("B", [message[0] for message in messages]),
        modseqs=array("Q", [message[1] for message in messages]),
        keywords={u: ("Work",) for u, message in zip(uids, messages, strict=True) if message[2]},
    )
    sizes = {u: m[3] for u, m in zip(uids, messages, strict=True) if m[3] is not None}
    kept: Any = SimpleNamespace(column=lambda _: sizes)
    first, stop = min(first, len(messages)), len(messages)
    yes, no = mask_of(key, view, kept, leaf_of)(first, stop)
    wanted = [fulfils(key, index + 1, messages[index]) for index in range(first, stop)]
    indexes = range(first, stop)
    assert list(chosen(yes, first, stop)) == [i for i, v in zip(indexes, wanted, strict=True) if v]
    left = everything(stop - first) ^ yes ^ no
    assert list(chosen(left, first, stop)) == [
        index for index, value in zip(indexes, wanted, strict=True) if value is None
    ]
