"""Signs of a reason beside words: codes of providers, descriptions of status codes; their order."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.dsn.provider_codes import reason_of_provider
from posthouse.protocols.dsn.reasons import Phase, phase_of, reason_of
from posthouse.protocols.dsn.status import reason_of_description


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("554 DT:SPM 163 mx1,abc,please see http://mail.163.example", Reason.SPAM),
        ("550 MI:SPF mx14,QMCowECpA0qTiftVaeB3Cg,please see", Reason.AUTHENTICATION),
        ("421 HL:ICC 163 mx1", Reason.RATE_LIMITED),
        ("550 5.5.0 Service refuse. Service refused. OFR_506 [506]", Reason.SPAM),
        ("550 5.1.1 Adresse invalide. LPN416 LPN007_416", Reason.USER_UNKNOWN),
        ("421 4.2.0 Service refuse. OFR005_505 [505]", Reason.SYSTEM),
        ("550 SC-002 Unfortunately, messages were not sent", Reason.BLOCKED),
        ("421 RP-001 The mail server IP has exceeded", Reason.RATE_LIMITED),
        ("554 5.7.5 (AU01) Message not accepted", Reason.AUTHENTICATION),
        ("550 5.1.0 sender rejected. AUP#CXSNDR", Reason.SENDER_REFUSED),
        ("554 5.7.1 RL000001 please see postmaster", Reason.RATE_LIMITED),
        ("421 4.7.0 [GL01] Message from (192.0.2.1) temporarily deferred", Reason.POLICY),
    ],
)
def test_codes_of_providers(said, reason):
    assert reason_of(said) is reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("550 <anna> is now disabled with MTA service.", Reason.MAILBOX_INACTIVE),
        ("550 User not a member of domain: <a@b.example>", Reason.USER_UNKNOWN),
        ("503 Rcptto account isn't a local account", Reason.USER_UNKNOWN),
        ("554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain", Reason.HOST_UNKNOWN),
        (
            "554 Connection refused(mx). MAIL FROM [a@b.example] mismatches client IP [192.0.2.1].",
            Reason.AUTHENTICATION,
        ),
    ],
)
def test_what_is_particular_goes_before_what_it_resembles(said, reason):
    assert reason_of(said) is reason


def test_codes_that_are_of_no_provider():
    assert reason_of_provider("550 OFR_777 and ABC:DEF, S123, [BL99]") is None


def test_descriptions_in_the_registry_stand_for_their_codes():
    said = "550 5.0.0 Destination mailbox address ambiguous"
    assert reason_of_description(said) is Reason.USER_UNKNOWN
    assert reason_of("554 Multiple authentication checks failed", "5.0.0") is Reason.AUTHENTICATION
    assert reason_of_description("something else") is None


def test_firm_codes_go_before_kinds_of_words():
    said = "550 bad name of the person at that place"
    assert reason_of(said, "5.1.2") is Reason.HOST_UNKNOWN
    assert reason_of(said, "5.0.0") is not Reason.HOST_UNKNOWN


def test_the_moment_counts_when_words_do_not():
    assert phase_of("The following mail could not be delivered") is None
    said = "Connected to 192.0.2.1 but sender was rejected. Remote host said: 550 5.7.1 no"
    assert phase_of(said) is Phase.SENDER
    assert reason_of("550 5.7.1 no", "5.7.1", 550, Phase.SENDER) is Reason.SENDER_REFUSED
    assert reason_of("550 Domain not found", phase=Phase.SENDER) is Reason.SENDER_REFUSED


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    reason_of_provider(text)
    reason_of_description(text)
    reason_of(text, framed=True)


@pytest.mark.parametrize("piece", ["OFR_", "[BL2", "AUP#", "MI:", "5.1.1 ", "sender was "])
def test_hostile_text_takes_no_time(piece):
    text = piece * 50_000
    began = process_time()
    reason_of(text)
    phase_of(text)
    assert process_time() - began < 0.25
