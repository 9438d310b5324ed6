"""What folders are for, in the languages of the world."""

import pytest

from posthouse.protocols.imap.client.special_uses import is_view, use_by_attribute, use_by_name


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("Sent Items", "sent"),
        ("SENT", "sent"),
        ("已发送", "sent"),
        ("寄件備份", "sent"),
        ("Gesendete Elemente", "sent"),
        ("Éléments envoyés", "sent"),
        ("送信済みアイテム", "sent"),
        ("보낸편지함", "sent"),
        ("草稿箱", "drafts"),
        ("Entwürfe", "drafts"),
        ("Entwu\u0308rfe", "drafts"),  # as macOS writes it
        ("下書き", "drafts"),
        ("已删除", "trash"),
        ("Corbeille", "trash"),
        ("ゴミ箱", "trash"),
        ("ｺﾞﾐ箱", "trash"),  # half width
        ("垃圾邮件", "junk"),
        ("Спам", "junk"),
        ("归档", "archive"),
        ("Archives", "archive"),
        ("收件箱", "inbox"),
        ("Posteingang", "inbox"),
        ("Customers", None),
        ("", None),
    ],
)
def test_by_name(name: str, use: str | None):
    known = use_by_name(name)
    assert (known[0] if known else None) == use


def test_likelier_names_come_first():
    likely, rare = use_by_name("Sent"), use_by_name("发件箱")  # the outbox, to most
    assert likely is not None
    assert rare is not None
    assert likely[1] < rare[1]


def test_by_attribute():
    assert use_by_attribute({"\\hasnochildren", "\\spam"}) == "junk"
    assert use_by_attribute({"\\all"}) is None
    assert is_view({"\\important"})
    assert not is_view({"\\sent"})
