"""The rules of the log without a database."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from posthouse.crm.timeline.model import Present, Wanted, difference, mondays, wanted_entries

_ids = st.sampled_from([UUID(int=n) for n in range(1, 5)])
_people = st.lists(st.tuples(_ids, st.none() | _ids, st.none() | _ids), max_size=20)


@given(people=_people, before=_people)
def test_the_difference_leads_to_what_is_wanted(people, before):
    wanted = wanted_entries(people)
    present = [Present(UUID(int=100 + n), *w) for n, w in enumerate(wanted_entries(before))]
    change = difference(wanted, present)

    moved = {entry.id: company for entry, company in change.moved}
    kept = [
        Wanted(e.mailbox_message_id, e.contact_id, moved.get(e.id, e.company_id))
        for e in present
        if e not in change.removed
    ]
    assert sorted([*kept, *change.added], key=repr) == sorted(wanted, key=repr)
    settled = [Present(UUID(int=n), *w) for n, w in enumerate(wanted)]
    again = difference(wanted, settled)
    assert (again.removed, again.moved, again.added) == ([], [], [])


@given(people=_people)
def test_each_contact_and_each_company_stands_once_in_a_mail(people):
    wanted = wanted_entries(people)
    contacts = [(w.mailbox_message_id, w.contact_id) for w in wanted if w.contact_id]
    assert len(contacts) == len(set(contacts))
    assert {(m, c) for m, c, _ in people if c} == set(contacts)
    told = {(w.mailbox_message_id, w.company_id) for w in wanted if w.company_id}
    alone = {(m, co) for m, c, co in people if co and not c}
    assert alone <= told


def test_the_chart_ends_with_this_week():
    weeks = mondays(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    assert len(weeks) == 53
    assert weeks[-1].isoformat() == "2026-11-16"
    assert all(monday.weekday() == 0 for monday in weeks)
