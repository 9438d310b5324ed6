"""What a mail reports: by fields, in words, in Chinese, and not at all."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.dsn.model import Kind, Notice, Reason, Severity
from posthouse.protocols.dsn.notice import read_notice


def notice(text: str) -> Notice | None:
    return read_notice(mime.scan(text.encode()))


def only(text: str) -> tuple[str, str, Reason | None]:
    found = notice(text)
    assert found is not None
    (who,) = found.recipients
    return found.kind.value, who.recipient, who.reason


REPORT = """From: mailer-daemon@mx.example.net
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain; charset=utf-8

{words}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

{fields}
--b--
"""


def test_every_block_of_fields_is_read():
    found = notice(
        REPORT.format(
            words="It failed.",
            fields="Original-Recipient: rfc822;sales+2Beu@example.org\n"
            "Final-Recipient: rfc822; <ben@example.org>\nAction: Failed (permanently)\n"
            "Status: 5.2.2 (mailbox full)\nRemote-MTA: dns; mx1.example.org (192.0.2.1)\n"
            "Diagnostic-Code: smtp; 552 5.2.2\n over quota\n\n"
            "Final-Recipient: RFC822; anna@example.org\nAction: delayed\nStatus: 4.4.1",
        )
    )
    assert found is not None
    assert found.kind is Kind.FAILED
    ben, anna = found.recipients
    assert (ben.recipient, ben.original) == ("ben@example.org", "sales+eu@example.org")
    assert (ben.status, ben.reply_code, ben.remote_host) == ("5.2.2", 552, "mx1.example.org")
    assert (ben.diagnostic, ben.reason) == ("552 5.2.2 over quota", Reason.MAILBOX_FULL)
    assert ben.severity is Severity.SOFT
    assert (anna.action, anna.reason) == ("delayed", Reason.EXPIRED)


def test_an_address_outside_ascii_is_undone():  # RFC 6533 3
    fields = "Final-Recipient: utf-8; \\x{7528}\\x{6237}@example.cn\nAction: failed\nStatus: 5.1.1"
    assert only(REPORT.format(words="", fields=fields)) == (
        "failed",
        "用户@example.cn",
        Reason.USER_UNKNOWN,
    )


def test_a_notification_of_success_fails_nobody():
    fields = "Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.1.5"
    assert only(REPORT.format(words="", fields=fields)) == ("delivered", "a@b.example", None)


def test_the_words_tell_what_the_fields_do_not():
    found = only(
        REPORT.format(
            words="<a@b.example>: host mx.b.example said: 550 Mailbox is disabled",
            fields="Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0",
        )
    )
    assert found == ("failed", "a@b.example", Reason.MAILBOX_INACTIVE)


def test_user_unknown_after_data_is_a_filter():
    found = only(
        REPORT.format(
            words="<a@b.example>: host mx.b.example[192.0.2.1] said: 550 user unknown (in reply to"
            " end of\n    DATA command)",
            fields="Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550 a@b.example user unknown",
        )
    )
    assert found == ("failed", "a@b.example", Reason.RECIPIENT_REFUSED)


QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mx.example.net
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.

<ben@example.org>:
192.0.2.153 does not like recipient.
Remote host said: 550 5.1.1 <ben@example.org>... User Unknown
Giving up on 192.0.2.153.

<eva@example.org>:
Sorry, I couldn't find any host named example.org. (#5.1.2)

--- Below this line is a copy of the message.

To: someone.else@example.com
"""
EXIM = """From: Mail Delivery System <Mailer-Daemon@mx.example.net>
X-Failed-Recipients: ben@example.org
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered. This is a permanent error.

  ben@example.org
    SMTP error from remote mail server after MAIL FROM:<anna@example.com>:
    host mx.example.org [192.0.2.153]: 550 5.7.0 go somewhere else

------ This is a copy of the message, including all the headers. ------

To: ben@example.org
"""
EXCHANGE = """From: System Administrator <postmaster@example.net>
Subject: Undeliverable: Offer

Your message

  To:      anna@example.com
  Subject: Offer

did not reach the following recipient(s):

ben@example.org on Thu, 29 Apr 2010 00:00:00 -0000
    The recipient name is not recognized
"""


def test_qmail():
    found = notice(QMAIL)
    assert found is not None
    assert [(who.recipient, who.reason) for who in found.recipients] == [
        ("ben@example.org", Reason.USER_UNKNOWN),
        ("eva@example.org", Reason.HOST_UNKNOWN),
    ]
    assert found.recipients[0].severity is Severity.HARD


def test_exim_and_the_command_that_was_refused():
    found = notice(EXIM)
    assert found is not None
    assert only(EXIM) == ("failed", "ben@example.org", Reason.SENDER_REFUSED)
    assert found.recipients[0].remote_host == "mx.example.org"


def test_exchange():
    assert only(EXCHANGE) == ("failed", "ben@example.org", Reason.USER_UNKNOWN)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help", Reason.USER_UNKNOWN),
        ("550 Mail content denied. http://service.mail.qq.com/", Reason.SPAM),
        ("550 Connection frequency limited", Reason.RATE_LIMITED),
        ("550 Ip frequency limited", Reason.RATE_LIMITED),
        ("550 SPF check failed", Reason.AUTHENTICATION),
        ("550 User suspended http://mail.163.com/help/help_spam_16.htm", Reason.MAILBOX_INACTIVE),
        ("554 DT:SPM 163 smtp5, spam", Reason.SPAM),
        ("421 HL:ICC 163 smtp1, too many concurrent connections", Reason.RATE_LIMITED),
        ("554 HL:IPB 126 smtp2", Reason.BLOCKED),
        ("553 MI:SPB 163 smtp3", Reason.BLOCKED),
        ("550 RP:TRC 163 smtp4", Reason.RATE_LIMITED),
        ("554 DT:SUM 163 smtp4", Reason.SENDER_REFUSED),
        ("收件人地址不存在", Reason.USER_UNKNOWN),
        ("对方邮箱空间不足", Reason.MAILBOX_FULL),
        ("邮件被反垃圾网关拦截", Reason.SPAM),
        ("您的发送频率过高", Reason.RATE_LIMITED),
        ("发信IP被列入黑名单", Reason.BLOCKED),
        ("该邮箱已停用", Reason.MAILBOX_INACTIVE),
        ("域名不存在", Reason.HOST_UNKNOWN),
        ("邮件含有病毒", Reason.VIRUS),
        ("邮件太大，超过对方限制", Reason.TOO_LARGE),
        ("对方拒收了您的邮件", Reason.RECIPIENT_REFUSED),
    ],
)
def test_what_chinese_providers_say(said, reason):
    found = only(
        "From: PostMaster@qq.com\nSubject: 系统退信\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        f"您的邮件未能送达以下收件人：\n\n  ben@qq.com\n\n退信原因：{said}\n\n"
        "----- 原始邮件 -----\nTo: ben@qq.com\n"
    )
    assert found == ("failed", "ben@qq.com", reason)


ARF = """From: fbl@example.net
Subject: FW: Offer
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

An abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Test/1
Version: 1
{recipient}
--b
Content-Type: message/rfc822

From: anna@example.com
To: Ben <ben@example.org>

Offer
--b--
"""


@pytest.mark.parametrize(
    "recipient", ["Original-Rcpt-To: <ben@example.org>", "Source-IP: 192.0.2.1"]
)
def test_a_complaint_tells_who_complained(recipient):  # RFC 5965 3.2
    found = notice(ARF.format(recipient=recipient))
    assert found is not None
    assert (found.kind, found.feedback_type) == (Kind.COMPLAINT, "abuse")
    assert [who.recipient for who in found.recipients] == ["ben@example.org"]


def test_ses_by_sns():
    found = notice(
        "From: AWS <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message\n\n"
        '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":'
        '[{"emailAddress":"a@b.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 x"}]}}\n'
    )
    assert found is not None
    assert [who.reason for who in found.recipients] == [Reason.USER_UNKNOWN]


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: (by hand) auto-replied; owner-email=a@b.example",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "Subject: 自动回复:报价单",
        "Subject: 不在办公室: 报价单",
        "Subject: Automatic reply: Offer",
        "Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSN77ya5oql5Lu3?=",
        "Subject: Out of Office: Offer",
    ],
)
def test_an_automatic_reply_is_told_apart(header):
    found = notice(f"From: Ben <ben@example.org>\n{header}\n\nI am away.\n")
    assert found is not None
    assert found.kind is Kind.AUTOMATIC
    assert [who.recipient for who in found.recipients] == ["ben@example.org"]


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Re: Offer",
        "Subject: How do I set up an automatic reply?",
        "Auto-Submitted: auto-generated\nSubject: Automatic reply: no",  # RFC 3834 5
        "Auto-Submitted: no",
        "Subject: Undeliverable parcels",
        "Subject: 退信怎么办",
    ],
)
def test_ordinary_mail_is_no_notice(header):
    text = f"From: Ben <ben@example.org>\n{header}\n\nMail to <eva@example.org> bounced:\n"
    assert notice(text + "550 user unknown, could not be delivered\n") is None


def test_a_bounce_that_somebody_forwards_is_his_mail():
    inner = REPORT.format(words="", fields="Final-Recipient: rfc822; a@b.example\nAction: failed")
    assert (
        notice(
            "From: Ben <ben@example.org>\nSubject: Fwd: what is this?\n"
            "Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: message/rfc822\n\n"
            f"{inner}\n--out--\n"
        )
        is None
    )


@given(st.text(max_size=400), st.sampled_from([QMAIL, EXIM, EXCHANGE, ARF, REPORT]))
def test_nothing_makes_it_fail(noise, text):
    for place in (0, len(text) // 2, len(text)):
        found = notice(text[:place] + noise.replace("\ud800", "") + text[place:])
        assert found is None or len(found.recipients) <= 500


@pytest.mark.parametrize(
    "body",
    [
        "<a@b.example>:\n" * 60_000,
        "a@" * 200_000,
        "550 <" + "x" * 500_000 + "@y.example>\n",
        "user " * 100_000,
        "> " * 200_000,
        ">" + "- " * 200_000,
        ("Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 10_000),
        "from " + "a." * 200_000,
    ],
)
def test_hostile_reports_take_no_time(body):
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: Undelivered\n\n" + body
    ).encode()
    scan = mime.scan(raw)
    began = perf_counter()
    read_notice(scan)
    assert perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("title", "said", "why", "reason"),
    [
        ("Unzustellbar: Angebot", "konnte nicht an", "Empfänger ist unbekannt", "user_unknown"),
        ("Non distribué", "n'a pas pu être remis", "utilisateur inconnu", "user_unknown"),
        ("Error en la entrega", "No se pudo entregar", "El buzón está lleno", "mailbox_full"),
        ("Mancata consegna", "Impossibile recapitare a", "casella piena", "mailbox_full"),
        ("Falha na entrega", "não pôde ser entregue", "usuário desconhecido", "user_unknown"),
        ("Onbestelbaar: hallo", "kon niet worden bezorgd", "onbekende gebruiker", "user_unknown"),
        ("Niedostarczona", "Nie można dostarczyć", "nie ma takiego użytkownika", "user_unknown"),
        ("Недоставленное сообщение", "не было доставлено", "такого нет", "user_unknown"),
        ("Teslim edilemedi", "İleti teslim edilemedi", "hesap geçersiz", "user_unknown"),
        ("메일 전송 실패", "전송하지 못했습니다", "존재하지 않는 사용자", "user_unknown"),
        (
            "配信できませんでした",
            "宛先に配信できません",
            "メールボックスがいっぱい",
            "mailbox_full",
        ),
    ],
)
def test_words_alone_in_many_languages(title, said, why, reason):
    raw = (
        "Return-Path: <>\nFrom: Mail <postmaster@mx.example>\nTo: anna@here.example\n"
        f"Subject: {title}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{said}:\n\nben@example.org\n\n{why}\n"
    )
    notice = read_notice(mime.scan(raw.encode()))
    assert notice is not None
    assert [(each.recipient, str(each.reason)) for each in notice.recipients] == [
        ("ben@example.org", reason)
    ]
