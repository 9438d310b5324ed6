"""Return paths of mail that is sent on, there and back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.address import Address, parse_address
from posthouse.protocols.srs import NotOurs, TooOld, is_rewritten, restore, rewrite

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
LI = parse_address("Li.Wei@kunde.example")


def there(sender: Address, key: bytes = KEY, domain: str = "acme.example") -> Address:
    return rewrite(sender, domain, key, NOW)


def back(address: Address, *keys: bytes, days: int = 21, now: datetime = NOW) -> Address:
    return restore(address.local, keys or (KEY,), now, days)


def test_the_first_forwarder_says_whose_mail_it_is():
    sent = there(LI)
    first, said, day, domain, local = sent.local.split("=")
    assert (first, domain, local, sent.domain) == (
        "SRS0",
        "kunde.example",
        "Li.Wei",
        "acme.example",
    )
    assert (len(said), len(day)) == (8, 2)
    assert parse_address(str(sent)) == sent
    assert back(sent) == LI


def test_the_second_forwarder_leads_to_the_first():
    first = there(LI, OTHER, "elsewhere.example")
    second = there(first)
    assert second.local.startswith("SRS1=")
    assert second.local.endswith("=elsewhere.example=" + first.local[4:])
    assert back(second) == first
    assert back(first, OTHER) == LI


def test_the_third_forwarder_leads_to_the_first():
    first = there(LI, OTHER, "elsewhere.example")
    second = there(first, OLD, "between.example")
    third = there(second)
    assert back(third) == first
    assert len(third.local) == len(second.local)


def test_other_separators_of_the_first_forwarder_are_kept():
    for separator in "-+":
        first = parse_address(f"SRS0{separator}abcd=XY=kunde.example=li@elsewhere.example")
        assert back(there(first)) == first


def test_case_may_change_on_the_way():
    sent = there(LI)
    lowered = Address(local=sent.local.lower(), domain=sent.domain)
    assert back(lowered) == parse_address("li.wei@kunde.example")
    assert is_rewritten(lowered.local)


def test_older_keys_still_read():
    assert back(there(LI, OLD), KEY, OLD) == LI


@pytest.mark.parametrize("position", [5, 14, 17, -1])
def test_what_was_changed_is_refused(position: int):
    local = list(there(LI).local)
    local[position] = "b" if local[position].lower() == "a" else "a"
    with pytest.raises(NotOurs):
        restore("".join(local), [KEY], NOW, 21)


def test_a_forged_second_forwarder_is_refused():
    second = there(there(LI, OTHER, "elsewhere.example"))
    forged = second.local.replace("elsewhere", "victim")
    with pytest.raises(NotOurs):
        restore(forged, [KEY], NOW, 21)


@pytest.mark.parametrize(
    "local", ["SRS0=", "SRS0=a=b", "SRS0=aaaaaaaa=AA=kunde.example=", "SRS1=a=b=c", "anna", ""]
)
def test_what_has_not_the_form_is_refused(local: str):
    with pytest.raises(NotOurs):
        restore(local, [KEY], NOW, 21)


def test_its_time_ends():
    sent = there(LI)
    assert back(sent, now=NOW + timedelta(days=21)) == LI
    with pytest.raises(TooOld):
        back(sent, now=NOW + timedelta(days=22))
    assert back(sent, now=NOW - timedelta(days=1)) == LI  # our clock was set back


def test_days_begin_anew_after_1024():
    with pytest.raises(TooOld):
        back(there(LI), now=NOW + timedelta(days=1000))


LOCALS = st.text(
    st.characters(codec="ascii", exclude_characters="\x7f", min_codepoint=32), min_size=1
)


@given(LOCALS, st.sampled_from(["kunde.example", "[192.0.2.7]", "例子.example"]))
def test_every_sender_is_found_again(local: str, domain: str):
    sender = Address(local=local, domain=domain)
    found = back(parse_or_same(there(sender)))
    if is_rewritten(local):  # whose SRS it is not for us to say
        assert found.domain
    else:
        assert found == Address(local=local, domain=sender.ascii_domain)


def parse_or_same(address: Address) -> Address:
    """As it comes back over the wire."""
    return parse_address(str(address)) if len(address.local) < 255 else address


@given(st.text())
def test_nothing_breaks_it(local: str):
    with pytest.raises(NotOurs):
        restore(local, [KEY], NOW, 21)
