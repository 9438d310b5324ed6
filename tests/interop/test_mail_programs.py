"""Mail programs of other people against the running house: swaks, mbsync, mutt, imaplib."""

import fcntl
import mailbox
import os
import pty
import re
import ssl
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import (
    ANNA,
    BEN,
    PASSWORD,
    RunningPosthouse,
    all_messages,
    new_house,
    trace_of,
    wait_for,
)

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def house() -> Iterator[RunningPosthouse]:
    """A running house for these programs."""
    with new_house(members=(BEN, "mia@acme.example", "max@acme.example")) as opened:
        opened.start()
        yield opened


# ---------------------------------------------------------------- swaks


def swaks(house: RunningPosthouse, listener: str, *options: str) -> str:
    """A session of swaks; what it says. Fails when it does."""
    done = subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{house.ports[listener]}", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("tls", [[], ["--tls"]], ids=["in the clear", "STARTTLS"])
def test_swaks_delivers(house: RunningPosthouse, tls: list[str]):
    subject = f"By swaks {len(tls)}"
    swaks(
        house,
        "smtp",
        *("--from", "li.wei@kunde.example", "--to", ANNA, *tls),
        *("--header", f"Subject: {subject}", "--body", ".\n..dots and 报价单\n"),
    )
    [raw] = _with_subject(house, ANNA, subject)
    assert b"\r\n.\r\n..dots and \xe6\x8a\xa5" in raw
    received = raw.partition(b"Received: ")[2].partition(b";")[0]
    assert (b" with ESMTPS" in received) is bool(tls)


@pytest.mark.parametrize(
    ("listener", "options"),
    [
        ("submission", ["--tls", "--auth", "PLAIN"]),
        ("submission", ["--tls", "--auth", "LOGIN"]),
        ("submissions", ["--tls-on-connect", "--auth", "PLAIN"]),
        ("submission", ["--auth", "PLAIN"]),
    ],
    ids=["STARTTLS PLAIN", "STARTTLS LOGIN", "TLS PLAIN", "loopback in the clear"],
)
def test_swaks_submits(house: RunningPosthouse, listener: str, options: list[str]):
    subject = f"From Anna, {listener} {' '.join(options)}"
    swaks(
        house,
        listener,
        *("--from", ANNA, "--to", BEN, "--header", f"Subject: {subject}"),
        *("--auth-user", ANNA, "--auth-password", PASSWORD, *options),
    )
    wait_for(lambda: _with_subject(house, BEN, subject), 20, "it does not arrive")
    assert len(_with_subject(house, BEN, subject)) == 1


def test_swaks_may_not_submit_as_somebody_else(house: RunningPosthouse):
    with pytest.raises(AssertionError, match="may not send as"):
        swaks(
            house,
            "submission",
            *("--tls", "--from", BEN, "--to", ANNA, "--auth", "PLAIN"),
            *("--auth-user", ANNA, "--auth-password", PASSWORD),
        )


# ---------------------------------------------------------------- curl


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_curl_signs_in_with_an_api_key(house: RunningPosthouse, mechanism: str):
    key = house.must("key", "add", "--member", ANNA).strip()
    subject = f"By curl {mechanism}"

    def curl(listener: str, place: str, *options: str, typed: bytes = b"") -> bytes:
        scheme = listener.replace("submission", "smtp")
        command = ["curl", "--silent", "--show-error", "--insecure", "--user", f"{ANNA}:"]
        command += ["--oauth2-bearer", key, "--login-options", f"AUTH={mechanism}", *options]
        done = subprocess.run(
            [*command, f"{scheme}://127.0.0.1:{house.ports[listener]}{place}"],
            input=typed,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    letter = f"From: {ANNA}\r\nTo: {BEN}\r\nSubject: {subject}\r\n\r\nx\r\n".encode()
    sending = ["--mail-from", ANNA, "--mail-rcpt", BEN, "--upload-file", "-"]
    curl("submissions", "", *sending, typed=letter)
    wait_for(lambda: _with_subject(house, BEN, subject), 20, "it does not arrive")
    assert b"INBOX" in curl("imaps", "/", "--request", 'LIST "" INBOX')


# ---------------------------------------------------------------- mbsync


@pytest.fixture
def mbsync(house: RunningPosthouse, tmp_path: Path) -> "Mbsync":
    """mbsync with a Maildir of its own, over TLS with our certificate."""
    certificate = tmp_path / "house.pem"
    address = ("127.0.0.1", house.ports["imaps"])
    certificate.write_text(ssl.get_server_certificate(address))
    (tmp_path / "maildir").mkdir()
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"""
        IMAPAccount house
        Host localhost
        Port {house.ports["imaps"]}
        User mia@acme.example
        Pass "{PASSWORD}"
        SSLType IMAPS
        CertificateFile {certificate}

        IMAPStore far
        Account house

        MaildirStore near
        Path {tmp_path}/maildir/
        Inbox {tmp_path}/maildir/INBOX
        SubFolders Verbatim

        Channel all
        Far :far:
        Near :near:
        Patterns *
        Create Both
        Remove Both
        Expunge Both
        SyncState *
        """.replace("\n        ", "\n")
    )
    return Mbsync(config, tmp_path / "maildir")


class Mbsync:
    """Runs it, and finds what it made."""

    def __init__(self, config: Path, maildir: Path) -> None:
        self._config = config
        self.maildir = maildir

    def run(self) -> None:
        command = ["mbsync", "--config", str(self._config), "--all"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def files(self, folder: str = "INBOX") -> list[Path]:
        """The messages of a folder, oldest first."""
        found = [*(self.maildir / folder / "cur").iterdir()]
        return sorted([*found, *(self.maildir / folder / "new").iterdir()])


def test_mbsync_pulls_marks_and_pushes(house: RunningPosthouse, mbsync: Mbsync):
    member = "mia@acme.example"
    for number in range(5):
        _deliver(house, member, _letter(f"letter {number} 邮件"))
    mbsync.run()
    assert len(mbsync.files()) == 5
    served = [raw.replace(b"\r\n", b"\n") for _, raw in all_messages(house.imap(member))]
    pulled = [re.sub(rb"X-TUID: .*\n", b"", f.read_bytes()) for f in mbsync.files()]
    assert sorted(pulled) == sorted(served)

    first, second, *_ = mbsync.files()
    for file, flags in ((first, "FS"), (second, "ST")):
        name = file.name.partition(":")[0]
        file.rename(file.parent.parent / "cur" / f"{name}:2,{flags}")
    (mbsync.maildir / "INBOX" / "new" / "1.me.here").write_bytes(
        _letter("pushed").replace(b"\r\n", b"\n")
    )
    _make_maildir(mbsync.maildir / "Kunden")
    (mbsync.maildir / "Kunden" / "new" / "2.me.here").write_bytes(b"Subject: in Kunden\n\nx\n")
    mbsync.run()

    client = house.imap(member)
    client.select("INBOX", readonly=True)
    assert len(client.uid("SEARCH", "FLAGGED", "SEEN")[1][0].split()) == 1
    assert len(client.uid("SEARCH", "ALL")[1][0].split()) == 5  # one was expunged, one came
    assert len(client.uid("SEARCH", "SUBJECT", "pushed")[1][0].split()) == 1
    [(_, made)] = all_messages(client, "Kunden")
    assert b"Subject: in Kunden\r\n" in made

    client.select("INBOX")
    client.uid("STORE", "1:*", "+FLAGS", r"(\Answered)")
    client.create("Archive/2026")
    client.copy("1", "Archive/2026")
    client.logout()
    mbsync.run()
    assert all("R" in file.name.rpartition(",")[2] for file in mbsync.files())
    assert len(mbsync.files("Archive/2026")) == 1
    before = sorted(file.name for file in mbsync.files())
    mbsync.run()
    assert sorted(file.name for file in mbsync.files()) == before, "there was nothing left to do"


# ---------------------------------------------------------------- mutt


def mutt(house: RunningPosthouse, folder: Path, keys: str, member: str) -> None:
    """Opens the inbox in a terminal of its own, types `keys` and waits for the end."""
    rc = folder / "muttrc"
    rc.write_text(
        f"""
        set imap_user={member}
        set imap_pass="{PASSWORD}"
        set folder=imap://127.0.0.1:{house.ports["imap"]}/
        set spoolfile=+INBOX
        set ssl_starttls=no ssl_force_tls=no imap_authenticators=login
        set quit=yes delete=yes confirmappend=no confirmcreate=no move=no wait_key=no
        set mbox_type=mbox copy=no mark_old=no sort=mailbox-order
        push "{keys}<quit>"
        """
    )
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        ["mutt", "-n", "-F", str(rc)],
        stdin=far,
        stdout=far,
        stderr=far,
        env=environment,
        start_new_session=True,
    )
    os.close(far)
    screen = bytearray()
    reading = threading.Thread(target=_read_all, args=(near, screen))
    reading.start()
    try:
        assert process.wait(60) == 0, screen
    finally:
        process.kill()
        process.wait()
        reading.join(10)
        os.close(near)


def test_mutt_left_alone_sends_by_scram(house: RunningPosthouse, tmp_path: Path):
    """It asks GNU SASL for the best mechanism offered, gives it no channel binding, and gives up
    when that fails: were SCRAM-SHA-256-PLUS offered, it could send nothing.
    """
    certificate = tmp_path / "house.pem"
    address = ("127.0.0.1", house.ports["submissions"])
    certificate.write_text(ssl.get_server_certificate(address))
    rc = tmp_path / "muttrc"
    rc.write_text(
        f"""
        set smtp_url="smtp://{ANNA}@127.0.0.1:{house.ports["submission"]}/"
        set smtp_pass="{PASSWORD}" from={ANNA} copy=no
        set ssl_force_tls=yes certificate_file={certificate}
        """
    )
    subject = "By mutt and SCRAM"
    done = subprocess.run(
        ["mutt", "-n", "-d", "2", "-F", str(rc), "-s", subject, "--", BEN],
        input=b"x",
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    log = (tmp_path / ".muttdebug0").read_text()
    assert done.returncode == 0, log
    assert "using mech SCRAM-SHA-256\n" in log
    wait_for(lambda: _with_subject(house, BEN, subject), 20, "it does not arrive")


def test_mutt_reads_marks_files_and_deletes(house: RunningPosthouse, tmp_path: Path):
    member = "max@acme.example"
    for number in range(3):
        _deliver(house, member, _letter(f"letter {number} 邮件"))
    copies = tmp_path / "copies"
    keys = (
        f"<tag-pattern>~A<enter><tag-prefix><copy-message>{copies}<enter>"
        "<untag-pattern>~A<enter>"
        "<first-entry><flag-message><last-entry><delete-message>"
        "<first-entry><save-message>=Kunden<enter>"
    )
    mutt(house, tmp_path, keys, member)
    assert len(mailbox.mbox(copies)) == 3
    client = house.imap(member)
    assert len(list(all_messages(client))) == 1
    [(_, filed)] = all_messages(client, "Kunden")
    assert trace_of(filed, _letter("letter 0 邮件"))
    client.select("Kunden", readonly=True)
    assert len(client.uid("SEARCH", "FLAGGED")[1][0].split()) == 1
    client.logout()


# ---------------------------------------------------------------- helpers


def _letter(subject: str) -> bytes:
    number = sum(subject.encode())
    return (
        f"From: Li Wei <li.wei@kunde.example>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n"
        f"Date: Sun, 22 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{number}@kunde.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n"
    ).encode()


def _deliver(house: RunningPosthouse, member: str, raw: bytes) -> None:
    with house.smtp() as client:
        client.sendmail("li.wei@kunde.example", member, raw)


def _with_subject(house: RunningPosthouse, member: str, subject: str) -> list[bytes]:
    client = house.imap(member)
    wanted = f"\r\nSubject: {subject}\r\n".encode()
    found = [raw for _, raw in all_messages(client) if wanted in raw]
    client.logout()
    return found


def _make_maildir(folder: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)


def _read_all(handle: int, screen: bytearray) -> None:
    while True:
        try:
            piece = os.read(handle, 65536)
        except OSError:  # the other side is closed
            return
        if not piece:
            return
        screen += piece
