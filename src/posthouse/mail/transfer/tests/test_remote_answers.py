"""What servers answer, read; their folders, and what they are here."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.transfer import remote_answers
from posthouse.mail.transfer.folder_names import is_view, our_folder


@pytest.mark.parametrize(
    ("answer", "wire", "separator", "attributes"),
    [
        (rb'(\HasNoChildren \Sent) "/" Gesendet', b"Gesendet", "/", {"\\hasnochildren", "\\sent"}),
        (rb'() "." "INBOX.A \"b\" \\c"', rb'INBOX.A "b" \c', ".", set()),
        (rb'(\Noselect) "\\" "a"', b"a", "\\", {"\\noselect"}),
        (rb"() NIL INBOX", b"INBOX", "", set()),
        ((rb'() "/" {5}', b'q"u\\o'), b'q"u\\o', "/", set()),
    ],
)
def test_lines_of_list(answer, wire, separator, attributes):
    read = remote_answers.read_folder(answer)
    assert read == remote_answers.ListedFolder(wire, separator, frozenset(attributes))


def test_lines_of_fetch():
    answers = [
        rb'1 (UID 7 FLAGS (\Seen $Forwarded \Recent) INTERNALDATE " 7-Feb-2024 08:00:00 +0800"'
        rb" RFC822.SIZE 1234)",
        rb"2 (FLAGS () RFC822.SIZE 5 UID 9)",
        rb"3 (FLAGS (\Seen))",  # somebody else changed a flag
        rb'4 (UID 11 FLAGS (\DELETED) INTERNALDATE "not a date")',
        None,
    ]
    seven, nine, eleven = remote_answers.read_messages(answers)
    assert seven == remote_answers.ListedMessage(
        7, Flags.SEEN, ("$Forwarded",), datetime(2024, 2, 7, tzinfo=UTC), 1234
    )
    assert (nine.uid, nine.flags, nine.arrived, nine.size) == (9, 0, None, 5)
    assert (eleven.flags, eleven.arrived) == (Flags.DELETED, None)


def test_bodies_wherever_the_uid_stands():
    answers: list[remote_answers.Answer | None] = [
        (rb"1 (UID 7 BODY[] {5}", b"seven"),
        b")",
        (rb"2 (BODY[] {4}", b"nine"),
        rb" UID 9)",
        rb'3 (UID 11 BODY[] "UID 1 \"x\"")',
        rb"4 (UID 12 BODY[] NIL)",
        (rb"5 (BODY[] {1}", b"?"),
        b")",
    ]
    assert remote_answers.read_bodies(answers) == {7: b"seven", 9: b"nine", 11: b'UID 1 "x"'}


_ANSWERS = st.one_of(st.none(), st.binary(), st.tuples(st.binary(), st.binary()))


@given(st.lists(_ANSWERS))
def test_nonsense_is_left_out(answers):
    list(remote_answers.read_messages(answers))
    remote_answers.read_bodies(answers)
    for answer in filter(None, answers):
        remote_answers.read_folder(answer)


@pytest.mark.parametrize(
    ("levels", "attributes", "ours"),
    [
        (["inbox"], set(), ""),
        (["Gesendet"], {"\\sent"}, "Sent"),
        (["[Gmail]", "Trash"], {"\\trash"}, "Trash"),
        (["Sent Messages"], set(), "Sent"),
        (["已发送"], set(), "Sent"),
        (["INBOX", "Drafts"], set(), "Drafts"),
        (["收件箱"], set(), ""),
        (["收件箱", "收件箱"], set(), ""),
        (["收件箱", "客户"], set(), "客户"),
        (["垃圾电子邮件"], set(), "Junk"),
        ([], set(), ""),
        (["INBOX", "客户", "Nord"], set(), "客户/Nord"),
        (["Projects", "Sent"], set(), "Projects/Sent"),
        (["A/B", "C\x00"], set(), "A-B/C"),
    ],
)
def test_what_a_folder_is_here(levels, attributes, ours):
    assert our_folder(levels, attributes) == ours


def test_views_show_what_other_folders_hold():
    assert is_view({"\\haschildren", "\\all"})
    assert not is_view({"\\sent"})
