"""Files of Outlook, written by the standard in all their forms and read back."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.protocols import mime, outlook
from posthouse.protocols.outlook.letter import Marks
from posthouse.protocols.outlook.tests.test_rtf import WRAPPED
from tests.support.outlook import packed_rtf
from tests.support.pst import ANSI, LARGE_PAGES, RECORD_KEY, UNICODE, Folder, Mail, pst_file

WHEN = datetime(2024, 2, 7, 8, 30, tzinfo=UTC)
NOTE = {
    0x0037: "报价 for pumps",
    0x0042: "Li Wei",
    0x5D02: "li.wei@kunde.example",
    0x0039: WHEN,
    0x1035: "<1@kunde.example>",
    0x1000: "Hello\r\n世界\r\n",
}
ANNA = {0x0C15: 1, 0x3001: "Anna", 0x39FE: "anna@acme.example"}
LARGE = bytes(range(256)) * 400
CROWD = [{0x0C15: 2, 0x3001: f"P {n}", 0x39FE: f"p{n}@acme.example"} for n in range(400)]
CYCLIC = 2


def opened(data: bytes) -> outlook.Store:
    return outlook.Store(lambda place, size: data[place : place + size])


def only_letter(*mails: Mail) -> outlook.Letter:
    store = opened(pst_file([Folder(name="Inbox", mails=mails)]))
    [folder] = store.folders()
    return store.letter(folder.messages[0])


@pytest.mark.parametrize(
    ("form", "coding"),
    [(UNICODE, 0), (UNICODE, 1), (UNICODE, CYCLIC), (ANSI, 0), (ANSI, 1), (LARGE_PAGES, 0)],
)
def test_every_form_holds_the_same(form, coding):
    inner = Mail(values={**NOTE, 0x0037: "Inside"}, attachments=[{0x3707: "x", 0x3701: b"deep"}])
    pdf = {0x3707: "图纸.pdf", 0x370E: "application/pdf", 0x3701: LARGE}
    first = Mail(values=NOTE, recipients=[ANNA, *CROWD], attachments=[pdf, inner])
    north = Folder(name="North", mails=[Mail(values={**NOTE, 0x0037: f"{n}"}) for n in range(60)])
    data = pst_file([Folder(name="收件箱", mails=[first], folders=[north])], form, coding)

    store = opened(data)
    inbox, below = store.folders()
    assert (inbox.levels, below.levels) == (("收件箱",), ("收件箱", "North"))
    assert store.key == RECORD_KEY
    scan = mime.scan(store.letter(inbox.messages[0]).raw)
    assert mime.subject(scan) == "报价 for pumps"
    assert mime.plain_text(scan).splitlines() == ["Hello", "世界"]
    assert mime.date(scan) == WHEN
    assert [each.address for each in mime.addresses(scan, b"to")] == ["anna@acme.example"]
    copied = [f"p{n}@acme.example" for n in range(400)]
    assert [each.address for each in mime.addresses(scan, b"cc")] == copied
    found = {each.name: mime.attachment_bytes(scan, each) for each in mime.attachments(scan)}
    assert found["图纸.pdf"] == LARGE
    inside = mime.scan(found["Inside.eml"])
    assert mime.subject(inside) == "Inside"
    [file] = mime.attachments(inside)
    assert mime.attachment_bytes(inside, file) == b"deep"
    subjects = [mime.subject(mime.scan(store.letter(each).raw)) for each in below.messages]
    assert subjects == [f"{n}" for n in range(60)]


def test_folders_are_known_by_what_the_store_calls_them():
    mail = Mail(values=NOTE)
    folders = [
        Folder(name="Gesendet", entry=0x35E4, mails=[mail]),
        Folder(name="Weg", entry=0x35E3, mails=[mail]),
        Folder(name="Contacts", values={0x3613: "IPF.Contact"}, mails=[mail]),
        Folder(name="Empty"),
    ]
    found = [(each.levels, each.use, each.kind) for each in opened(pst_file(folders)).folders()]
    assert found == [
        (("Gesendet",), "\\sent", ""),
        (("Weg",), "\\trash", ""),
        (("Contacts",), "", "IPF.Contact"),
    ]


def test_marks_and_what_stands_before_a_subject():
    letter = only_letter(
        Mail(values={**NOTE, 0x0037: "\1\5Re: Pumps", 0x0E07: 1, 0x1081: 102, 0x1090: 2})
    )
    assert letter.marks == Marks(seen=True, answered=True, flagged=True, draft=False)
    assert mime.subject(mime.scan(letter.raw)) == "Re: Pumps"


def test_strings_of_the_time_before_unicode():
    old = {
        0x0037: ("报价".encode("gbk"), 0x1E),
        0x0C1A: ("李伟".encode("gbk"), 0x1E),
        0x0C1F: (b"li@kunde.example", 0x1E),
        0x3FFD: 936,
        0x1000: ("您好".encode("gbk"), 0x1E),
    }
    scan = mime.scan(only_letter(Mail(values=old)).raw)
    assert mime.subject(scan) == "报价"
    assert [each.name for each in mime.addresses(scan, b"from")] == ["李伟"]
    assert mime.plain_text(scan).strip() == "您好"


def test_bodies_in_html_and_in_rtf():
    html = "<p>报价</p>" * 700  # larger than an item of a heap may be
    scan = mime.scan(
        only_letter(Mail(values={**NOTE, 0x1013: html.encode("gbk"), 0x3FDE: 936})).raw
    )
    assert mime.html_text(scan).strip() == html
    scan = mime.scan(
        only_letter(Mail(values={**NOTE, 0x1000: "", 0x1009: packed_rtf(WRAPPED)})).raw
    )
    assert "报价</p>" in mime.html_text(scan)


def test_strings_and_html_have_charsets_of_their_own():
    html = "<p>报价</p>".encode()
    values = {0x0037: ("报价".encode("gbk"), 0x1E), 0x3FFD: 936, 0x1013: html, 0x3FDE: 65001}
    scan = mime.scan(only_letter(Mail(values=values)).raw)
    assert (mime.subject(scan), mime.html_text(scan).strip()) == ("报价", "<p>报价</p>")


def test_an_object_of_another_program_is_a_file():
    drawing = {0x3705: 6, 0x3001: "Drawing", 0x3701: outlook.MAGIC + b"storage"}
    scan = mime.scan(only_letter(Mail(values=NOTE, attachments=[drawing])).raw)
    [file] = mime.attachments(scan)
    assert file.name == "Drawing"
    assert mime.attachment_bytes(scan, file) == outlook.MAGIC + b"storage"


def test_the_size_is_what_outlook_says():
    store = opened(pst_file([Folder(name="A", mails=[Mail(values={**NOTE, 0x0E08: 70_000})])]))
    [folder] = store.folders()
    assert store.size(folder.messages[0]) == 70_000
    assert store.size(1) == 0


@pytest.mark.parametrize(
    ("place", "octets", "reason"),
    [
        (0, b"PK\3\4", "is no file of Outlook"),
        (10, b"\x63\0", r"is of an unknown version \(99\)"),
        (513, b"\x10", "is encrypted by Windows"),
        (224, b"\xff" * 8, "is damaged"),
        (224, b"\0" * 8, "is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused(place, octets, reason):
    data = bytearray(pst_file([Folder(name="Inbox", mails=[Mail(values=NOTE)])]))
    data[place : place + len(octets)] = octets
    with pytest.raises(outlook.NotAMail, match=reason):
        opened(bytes(data))


def test_a_file_that_is_cut_off_is_refused():
    data = pst_file([Folder(name="Inbox", mails=[Mail(values=NOTE)])])
    for size in (0, 100, 600, len(data) // 2, len(data) - 1):
        with pytest.raises(outlook.NotAMail):
            opened(data[:size])


def test_one_message_that_is_damaged_is_no_other():
    texts = [f"Only in message {number}".encode() for number in range(3)]
    mails = [Mail(values={**NOTE, 0x1000: (text, 0x1E)}) for text in texts]
    data = bytearray(pst_file([Folder(name="Inbox", mails=mails)]))
    data[data.index(texts[1])] ^= 1
    store = opened(bytes(data))
    [folder] = store.folders()
    first, second, third = folder.messages
    assert texts[0] in store.letter(first).raw
    with pytest.raises(outlook.NotAMail, match="is damaged"):
        store.letter(second)
    assert texts[2] in store.letter(third).raw


def test_messages_in_messages_end_somewhere():
    mail = Mail(values=NOTE)
    for _ in range(9):
        mail = Mail(values=NOTE, attachments=[mail])
    with pytest.raises(outlook.NotAMail, match="without end"):
        only_letter(mail)


_MAIL = Mail(
    values={**NOTE, 0x1009: packed_rtf(WRAPPED)},
    recipients=[ANNA],
    attachments=[{0x3701: LARGE[:9000]}, Mail(values=NOTE)],
)
# Without CRCs, or they would keep what is broken from being read at all.
_WHOLE = pst_file([Folder(name="Inbox", mails=[_MAIL])], checked=False)
_PLACES = st.one_of(st.integers(0, 563), st.integers(0x4600, len(_WHOLE) - 1))
_OCTETS = st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 2, 0x20, 0x7F, 0xFF]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(_PLACES, _OCTETS), max_size=12))
def test_whatever_is_broken_is_read_or_refused(changes):
    data = bytearray(_WHOLE)
    for place, value in changes:
        data[place] = value
    try:
        store = opened(bytes(data))
        folders = list(store.folders())
    except outlook.NotAMail:
        assert changes
        return
    for folder in folders:
        for message in folder.messages:
            store.size(message)
            with contextlib.suppress(outlook.NotAMail):
                assert store.letter(message).raw
