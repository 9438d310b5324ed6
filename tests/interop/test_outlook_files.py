"""The `.pst` files of our tests are real ones: libpff and libpst read them."""

import re
import subprocess
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.support.pst import ANSI, LARGE_PAGES, UNICODE, Folder, Form, Mail, pst_file

pytestmark = pytest.mark.interop

NOTE = {0x0042: "Li", 0x0C1A: "Li", 0x0037: "Pumps", 0x1000: "您好\r\n", 0x0E07: 1}
FILE = bytes(range(256)) * 100
INNER = Mail(values={**NOTE, 0x0037: "Inside"}, attachments=[{0x3707: "x", 0x3701: b"deep"}])
ANNA = {0x0C15: 1, 0x3001: "Anna", 0x3003: "anna@acme.example", 0x39FE: "anna@acme.example"}
# More than a block of a table or a heap holds.
CROWD = [{**ANNA, 0x3001: f"P {n}", 0x3003: f"p{n}@acme.example"} for n in range(400)]
MAIL = Mail(values=NOTE, recipients=CROWD, attachments=[{0x3707: "a.pdf", 0x3701: FILE}, INNER])
NORTH = Folder(name="North", mails=[Mail(values=NOTE) for _ in range(40)])
FOLDERS = [Folder(name="收件箱", mails=[MAIL], folders=[NORTH])]


@pytest.mark.parametrize(
    ("form", "coding"),
    [(UNICODE, 0), (UNICODE, 1), (UNICODE, 2), (ANSI, 0), (ANSI, 1), (LARGE_PAGES, 0)],
)
def test_libpff_reads_them(form: Form, coding: int, tmp_path: Path):
    path = tmp_path / "a.pst"
    path.write_bytes(pst_file(FOLDERS, form, coding))
    _run("pffexport", "-q", "-t", tmp_path / "out", path, cwd=tmp_path)
    [inbox] = tmp_path.glob("out.export/*/收件箱")
    assert len(list((inbox / "North").glob("Message*"))) == 40
    assert [each.read_bytes() for each in inbox.rglob("*a.pdf")] == [FILE]
    assert [each.read_bytes() for each in inbox.rglob("1_x")] == [b"deep"]
    header = (inbox / "Message00001" / "OutlookHeaders.txt").read_text()
    assert "Pumps" in header
    if form is LARGE_PAGES:  # Debian's libpff of 2018 takes numbers of heap blocks there for others
        return
    recipients = (inbox / "Message00001" / "Recipients.txt").read_text()
    assert re.findall(r"(p\d+@acme\.example)", recipients) == [each[0x3003] for each in CROWD]


@pytest.mark.parametrize(("form", "coding"), [(UNICODE, 2), (ANSI, 1)])
def test_libpst_reads_them(form: Form, coding: int, tmp_path: Path):
    path = tmp_path / "a.pst"
    path.write_bytes(pst_file(FOLDERS, form, coding))
    _run("readpst", "-q", "-e", "-o", tmp_path, path, cwd=tmp_path)
    [mail] = tmp_path.glob("*/收件箱/*.eml")
    assert len(list(mail.parent.glob("North/*.eml"))) == 40
    parts = [part.get_payload(decode=True) for part in message_from_bytes(mail.read_bytes()).walk()]
    assert FILE in parts
    assert b"deep" in mail.read_bytes() or b"ZGVlcA==" in mail.read_bytes()


def _run(*command: object, cwd: Path) -> None:
    done = subprocess.run(
        [str(each) for each in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
