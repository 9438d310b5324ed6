"""When something is due, for which names, and for how long an authority is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation.errors import Invalid
from posthouse.security.certificates.model import (
    Problem,
    Shown,
    checked_names,
    directory_of,
    pause_after,
    read_certificate,
    renewal_due,
)
from tests.support.authority import issue, make_authority

START = datetime(2026, 11, 1, tzinfo=UTC)


def shown(days: float, *names: str) -> Shown:
    return Shown(
        names=names,
        issuer="An authority",
        not_before=START,
        not_after=START + timedelta(days=days),
        self_signed=False,
    )


def test_a_certificate_is_renewed_after_two_thirds_of_its_life():
    assert renewal_due(shown(90), None) == START + timedelta(days=60)
    assert renewal_due(shown(6), None) == START + timedelta(days=4)


def test_an_authority_may_suggest_to_come_earlier_and_never_makes_us_late():
    early = START + timedelta(days=3)
    assert renewal_due(shown(90), early) == early
    assert renewal_due(shown(90), START + timedelta(days=89)) == START + timedelta(days=60)
    assert renewal_due(shown(90), START - timedelta(days=1)) == START - timedelta(days=1)


def test_pauses_grow_up_to_a_day():
    pauses = [pause_after(failures, Problem.CONNECTION) for failures in range(1, 12)]
    assert pauses[:3] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause_after(10_000, Problem.DNS) == timedelta(hours=24)
    assert pause_after(1, Problem.LIMIT) == timedelta(hours=3)


@pytest.mark.parametrize(
    "hopeless", ["localhost", "192.0.2.1", "*.acme.example", "a b.example", ""]
)
def test_names_that_no_authority_knows_are_refused(hopeless: str):
    with pytest.raises(Invalid) as refused:
        checked_names([hopeless])
    assert refused.value.field == "names"


def test_names_are_asked_for_in_their_wire_form_and_once():
    assert checked_names(["Mail.ACME.example.", "mail.acme.example", "邮件.example"]) == (
        "mail.acme.example",
        "xn--5nq051n.example",
    )
    with pytest.raises(Invalid):
        checked_names([])


def test_authorities_have_names_and_others_addresses():
    assert directory_of("letsencrypt").startswith("https://acme-v02.api.letsencrypt.org/")
    assert directory_of("https://ca.acme.example/dir") == "https://ca.acme.example/dir"
    for wrong in ("letsencrypted", "http://ca.acme.example/dir"):
        with pytest.raises(Invalid):
            directory_of(wrong)


def test_a_star_stands_for_one_whole_label():
    assert shown(1, "mail.acme.example").covers("MAIL.acme.example")
    assert shown(1, "*.acme.example").covers("mail.acme.example")
    for other in ("acme.example", "a.mail.acme.example", "mail.other.example"):
        assert not shown(1, "*.acme.example").covers(other)


def test_a_certificate_is_told_as_people_want_to_know_it():
    issued = issue(make_authority("Good Authority"), "mail.acme.example")
    told = read_certificate(issued.pem.encode())
    assert (told.names, told.issuer) == (("mail.acme.example",), "Good Authority")
    assert not told.self_signed
    assert read_certificate(issue(None, "mail.acme.example").pem.encode()).self_signed
    with pytest.raises(ValueError, match="PEM"):
        read_certificate(b"no certificate")
