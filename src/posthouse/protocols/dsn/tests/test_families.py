"""Reasons in words that no list of phrases holds, in several languages; codes beside them."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.dsn import families
from posthouse.protocols.dsn.families import reason_by_family
from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.dsn.reasons import reason_of


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("550 Mailbox for ben@example.org cannot be located here", Reason.USER_UNKNOWN),
        ("550 Nobody with the username ben on this machine", Reason.USER_UNKNOWN),
        ("552 this person has no room left in his mailbox", Reason.MAILBOX_FULL),
        ("550 The account you wrote to is parked", Reason.MAILBOX_INACTIVE),
        ("452 excessive number of simultaneous sessions from you", Reason.RATE_LIMITED),
        ("554 your IP is known for harvesting", Reason.BLOCKED),
        ("550 author domain fails alignment", Reason.AUTHENTICATION),
        ("554 credentials invalid", Reason.POLICY),
        ("550 this letter looks like a phishing attempt", Reason.SPAM),
        ("554 duplicate Subject headers", Reason.CONTENT),
        ("451 our database is overloaded", Reason.SYSTEM),
        ("550 Empfänger unbekannt", Reason.USER_UNKNOWN),
        ("550 El buzón está lleno", Reason.MAILBOX_FULL),
        ("550 收件人地址有误", Reason.USER_UNKNOWN),
        ("550 查無此用戶", Reason.USER_UNKNOWN),
        ("552 收件人信箱空間不足", Reason.MAILBOX_FULL),
        ("550 该账户因长期未登录已被冻结", Reason.MAILBOX_INACTIVE),
        ("450 当前连接发送的收件人数量超出限制", Reason.RATE_LIMITED),
        ("554 发信IP信誉较低", Reason.BLOCKED),
        ("550 SPF 校验失败", Reason.AUTHENTICATION),
        ("554 疑似广告邮件", Reason.SPAM),
        ("553 发件人域名不存在", Reason.SENDER_REFUSED),
        ("550 邮件被收件人拒收", Reason.RECIPIENT_REFUSED),
        ("451 系统繁忙", Reason.SYSTEM),
    ],
)
def test_words_of_one_kind_near_words_of_another(said, reason):
    assert reason_of(said) is reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("550 Das Postfach des Empfängers ist überfüllt", Reason.MAILBOX_FULL),
        ("550 L'adresse du destinataire n'existe plus", Reason.USER_UNKNOWN),
        ("550 La cuenta del destinatario está suspendida", Reason.MAILBOX_INACTIVE),
        ("552 A mensagem é muito grande", Reason.TOO_LARGE),
        ("550 Casella inesistente", Reason.USER_UNKNOWN),
        ("550 Почтовый ящик переполнен", Reason.MAILBOX_FULL),
        ("550 Konto odbiorcy zostało zablokowane", Reason.MAILBOX_INACTIVE),
        ("550 Onbekende gebruiker", Reason.USER_UNKNOWN),
        ("550 宛先のユーザーは存在しません", Reason.USER_UNKNOWN),
        ("550 수신자의 메일함이 가득 찼습니다", Reason.MAILBOX_FULL),
        ("554 발신 IP가 차단되었습니다", Reason.BLOCKED),
        ("550 發信IP被列入黑名單", Reason.BLOCKED),
    ],
)
def test_kinds_are_the_same_in_all_languages(said, reason):
    assert reason_of(said) is reason


def test_addresses_and_hosts_stand_as_words():
    assert reason_by_family("ben@example.org does not exist") is Reason.USER_UNKNOWN
    assert reason_by_family("mail.example.org does not exist") is Reason.HOST_UNKNOWN


def test_no_row_is_written_twice_and_every_kind_is_used():
    rows = [row.kinds for row in families._ROWS]
    assert len(rows) == len(set(rows))
    kinds = {kind for names, _ in families._read("kinds.txt") for kind in names.split()}
    assert kinds <= {kind for row in rows for kind in row}


def test_what_follows_the_reason_is_advice():
    said = "554 The customer you mailed is unlisted. Beware of spoofing too."
    assert reason_of(said) is Reason.USER_UNKNOWN


def test_names_of_hosts_are_not_words():
    assert reason_by_family("refer to http://spam.example/virus or mx.quota.example") is None
    assert reason_by_family("refused for spam@virus.example") is None


def test_postfix_says_before_the_reason_that_it_rejects():
    said = "<ben@example.org>: Recipient address rejected: policy of the house"
    assert reason_by_family(said) is Reason.POLICY


def test_words_go_before_the_code_but_for_codes_that_say_more():
    assert reason_of("550 5.2.1 at a rate that is too high", "5.2.1") is Reason.RATE_LIMITED
    assert reason_of("550 5.7.133 mailbox closed to you", "5.7.133") is Reason.SENDER_REFUSED
    assert reason_of("550 5.7.606 Access denied", "5.7.606") is Reason.BLOCKED
    assert reason_of("550 5.7.515 Access denied", "5.7.515") is Reason.AUTHENTICATION


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    reason_by_family(text)


@pytest.mark.parametrize(
    "piece", ["user ", "recipient mailbox ", "收件人", "a. ", "a", "a@", "a.b", "…"]
)
def test_hostile_text_takes_no_time(piece):
    text = piece * 50_000
    began = process_time()
    reason_of(text)
    assert process_time() - began < 0.25
