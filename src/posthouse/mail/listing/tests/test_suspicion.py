"""Why a message is in Junk, from what was kept when it came."""

from posthouse.mail.listing.suspicion import junk_reasons

_LEARNED = {"junk": True, "score": 4.2, "reasons": [{"kind": "words", "examples": ["发票"]}]}


def test_all_who_spoke_against_it_are_named():
    verdict = {
        "dmarc": {"result": "fail", "policy": "reject", "domain": "bank.example"},
        "virus": "Test.Eicar",
        "rspamd": {"junk": True, "score": 7.0, "symbols": ["FORGED_SENDER"]},
        "filter": _LEARNED,
    }
    assert [(each.kind, each.examples) for each in junk_reasons(verdict, in_full=True)] == [
        ("forged", ["bank.example"]),
        ("virus", ["Test.Eicar"]),
        ("rspamd", ["FORGED_SENDER"]),
        ("words", ["发票"]),
    ]


def test_its_words_are_for_who_may_read_it():
    (reason,) = junk_reasons({"filter": _LEARNED}, in_full=False)
    assert (reason.kind, reason.examples) == ("words", [])


def test_good_mail_and_what_a_person_moved_has_no_reasons():
    assert junk_reasons(None, in_full=True) == []
    assert junk_reasons({"internal": True}, in_full=True) == []
    passed = {"dmarc": {"result": "pass", "policy": "reject"}, "filter": {"junk": False}}
    assert junk_reasons(passed, in_full=True) == []
    unheeded = {"dmarc": {"result": "fail", "policy": "none", "domain": "x.example"}}
    assert junk_reasons(unheeded, in_full=True) == []
