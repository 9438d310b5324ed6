"""What people write is encrypted before it reaches the database, the disk or the log.

A word is planted through every door there is; then a dump, the data folder (PostgreSQL's own files
and its write-ahead log with it) and the logs are searched for it. A new door is one more entry in
DOORS.
"""

import base64
import contextlib
import imaplib
import json
import poplib
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from posthouse.foundation.postgres.binaries import wheel_folder
from tests.scenarios.http_doors import HTTP_DOORS
from tests.support.canary import Canary
from tests.support.lines import everything
from tests.support.outlook import msg_file
from tests.support.running import ANNA, BEN, PASSWORD, RunningPosthouse, new_house

Plant = Callable[[RunningPosthouse, Canary, Path], None]


@pytest.mark.slow
def test_no_door_lets_plain_text_through(tmp_path: Path):
    canary = Canary()
    with new_house(logs=tmp_path) as house:
        # A page image in the write-ahead log would hide words by compressing them.
        (house.data / "postgres" / "local.conf").write_text("wal_compression = off\n")
        house.start()
        for door in DOORS:
            door(house, canary, tmp_path)
        house.wait_for_listeners()
        _search_finds_what_was_planted(house, canary)
        leaks = [*_leaks_in_dump(house, canary)]
        house.stop()  # the last checkpoint writes what was in memory only
        leaks += [*canary.leaks(house.data), *canary.leaks_in(house.log().encode())]
        assert not leaks, "\n".join(leaks)


def test_the_search_for_the_canary_finds_it(tmp_path: Path):
    """In each form in which it could lie there."""
    canary = Canary()
    word = canary.word("this door")
    for number, content in enumerate(
        [
            f"Subject: {word}".encode(),
            word.upper().encode(),
            b"\\x" + word.encode().hex().encode(),
            word.encode("utf-16-le"),
            canary.chinese("this door").encode("gb18030"),
            json.dumps(canary.chinese("this door")).encode(),
            *(base64.b64encode(b"." * n + word.encode() + b"..") for n in range(3)),
        ]
    ):
        (tmp_path / f"{number}").write_bytes(b"..." + content + b"...")
    found = "\n".join(canary.leaks(tmp_path))
    for number in range(9):
        assert f"{number}: " in found
    assert "this door as text" in found


# ---------------------------------------------------------------- doors


def smtp_message(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Every place of a message, in English and Chinese."""
    mail = EmailMessage()
    mail["From"] = f'"{canary.chinese("display name")}" <{canary.word("sender")}@kunde.example>'
    mail["To"] = f'"{canary.word("recipient name")}" <{ANNA}>'
    mail["Cc"] = f"{canary.word('cc')}@kunde.example"
    mail["Reply-To"] = f"{canary.word('reply-to')}@kunde.example"
    mail["Subject"] = canary.chinese("subject")
    mail["Message-ID"] = f"<{canary.word('message-id')}@kunde.example>"
    mail["In-Reply-To"] = f"<{canary.word('in-reply-to')}@kunde.example>"
    mail["References"] = f"<{canary.word('references')}@kunde.example>"
    mail["X-Anything"] = canary.word("unknown field")
    mail["List-Id"] = f"<{canary.word('list-id')}.kunde.example>"
    mail.set_content(canary.chinese("body") + "\n" + "word " * 2000)
    mail.add_alternative(
        f"<p title='{canary.word('html attribute')}'>{canary.word('html')}</p>", "html"
    )
    mail.add_attachment(
        canary.word("attachment").encode() * 50_000,
        maintype="application",
        subtype="octet-stream",
        filename=canary.chinese("attachment name") + ".pdf",
    )
    raw = mail.as_bytes().replace(b"\n", b"\r\n")
    with house.smtp() as client:
        client.ehlo(f"{canary.word('helo')}.kunde.example")
        client.sendmail(
            f"{canary.word('return path')}@kunde.example",
            ANNA,
            raw,
            [f"ENVID={canary.word('envelope id')}"],
            ["NOTIFY=SUCCESS", f"ORCPT=rfc822;{canary.word('original recipient')}@kunde.example"],
        )


def smtp_raw_text(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Mail that says nothing of its charset, and mail that is broken."""
    raw = f"Subject: {canary.chinese('raw GBK')}\r\n\r\n{canary.chinese('raw GBK')}\r\n".encode(
        "gb18030"
    )
    broken = f'Content-Type: multipart/x; boundary="{canary.word("broken mail")}\r\n\r\nx'.encode()
    with house.smtp() as client:
        for each in (raw, broken):
            client.sendmail("x@kunde.example", [ANNA, BEN], each + b"\r\n")


def smtp_refusals(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """What is refused is not remembered either."""
    with house.smtp() as client:
        client.ehlo("kunde.example")
        client.docmd(canary.word("unknown command"), canary.word("unknown command"))
        client.mail(f"{canary.word('refused sender')}@kunde.example", [canary.word("parameter")])
        client.rset()
        client.mail("x@kunde.example")
        client.rcpt(f"{canary.word('unknown recipient')}@acme.example")
        client.verify(canary.word("vrfy"))
    with house.smtp() as client:
        client.ehlo("kunde.example")
        client.mail("x@kunde.example")
        client.rcpt(ANNA)
        client.docmd("DATA")
        assert client.sock is not None
        client.sock.sendall(f"Subject: x\r\n\r\n{canary.word('bare LF')}\n.\n\r\n.\r\n".encode())
        client.getreply()


def imap_append(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    client = house.imap()
    raw = (
        f"From: {canary.word('append from')}@kunde.example\r\n"
        f"Bcc: {canary.word('bcc')}@kunde.example\r\n"
        f"Subject: {canary.word('append subject')}\r\n\r\n{canary.chinese('append body')}\r\n"
    ).encode()
    assert client.append("Drafts", r"(\Draft)", "", raw)[0] == "OK"
    client.logout()


def imap_folders_and_keywords(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    client = house.imap()
    folder = canary.word("folder name")
    assert client.create(folder)[0] == "OK"
    assert client.rename(folder, canary.word("folder renamed"))[0] == "OK"
    client.subscribe(canary.word("subscription"))
    client.select("INBOX")
    assert client.store("1", "+FLAGS", f"({canary.word('keyword')})")[0] == "OK"
    client.copy("1", canary.word("folder renamed"))
    entry, value = canary.word("imap entry"), canary.word("imap annotation")
    noted = f'(/private/{entry} "{value}" /shared/comment "{value}")'
    assert client.xatom("SETMETADATA", "INBOX", noted)[0] == "OK"
    client.logout()


def imap_searches(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    client = house.imap()
    client.select("INBOX")
    client.search(None, "TEXT", canary.word("imap search"))
    client.search(None, "HEADER", canary.word("imap header name"), canary.word("imap search"))
    client.fetch("1", f"(BODY.PEEK[HEADER.FIELDS ({canary.word('imap field')})])")
    with contextlib.suppress(imaplib.IMAP4.error):
        client.select(canary.word("unknown folder"))
    client.xatom("ID", f'("name" "{canary.word("imap id")}")')
    with contextlib.suppress(imaplib.IMAP4.error):
        client.xatom(canary.word("imap command"), canary.word("imap command"))
    client.logout()


def pop3(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    client = house.pop3()
    client.retr(1)
    client.top(1, 1)
    client.quit()
    with house.connect("pop3") as line:
        words = (canary.word("pop3 command"), f"RETR {canary.word('pop3 argument')}")
        everything(line, "".join(f"{word}\r\n" for word in (*words, "QUIT")).encode())
    for name in (f"{canary.word('pop3 name')}@acme.example", BEN):
        with contextlib.suppress(poplib.error_proto):
            house.pop3(name, canary.word("pop3 password"))


def sign_ins(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Passwords, right and wrong, and addresses that nobody has."""
    right = canary.word("password")
    house.must("member", "add", "carl@acme.example", "--password-stdin", typed=right)
    house.imap("carl@acme.example", right).logout()
    phone = canary.chinese("app password name")
    word = house.must("app-password", "add", "carl@acme.example", "--name", phone).strip()
    house.imap("carl@acme.example", word).logout()
    for address, password in (
        (BEN, canary.word("wrong password")),
        (f"{canary.word('unknown member')}@acme.example", PASSWORD),
    ):
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            house.imap(address, password).logout()


def linked_accounts(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    """Servers, name and password of a mailbox elsewhere; nobody answers there."""
    house.must(
        *("account", "link", "--member", ANNA, "--address", "anna@provider.example", "--untried"),
        *("--imap", f"{canary.word('account server')}.provider.example:993", "--password-stdin"),
        *("--login", canary.chinese("account login")),
        typed=canary.word("account password"),
    )
    while json.loads(house.must("account", "status", "--json"))["failures"] == 0:
        pass


def imports(house: RunningPosthouse, canary: Canary, folder: Path) -> None:
    """Files, their names, and what cannot be read of them."""
    mails = folder / canary.word("import path")
    mails.mkdir()
    raw = f"Subject: {canary.word('import subject')}\n\n{canary.chinese('import body')}\n"
    (mails / f"{canary.word('import file')}.eml").write_text(raw)
    outlooks = {0x1A: "IPM.Note", 0x37: canary.word("msg subject"), 0x1000: canary.word("msg body")}
    (mails / "outlook.msg").write_bytes(msg_file({**outlooks, 0x42: canary.word("msg sender")}))
    into = canary.word("import folder")
    house.must("import", mails, "--mailbox", BEN, "--folder", into)
    mbox = folder / "mbox"
    mbox.write_text(f"From {canary.word('mbox line')}@x Sun Nov 22 08:00:00 2026\n{raw}\n")
    house.must("import", mbox, "--mailbox", BEN)


def command_searches(house: RunningPosthouse, canary: Canary, _: Path) -> None:
    for query in (canary.word("search"), f"from:{canary.word('search')}", canary.chinese("search")):
        house.must("search", "--mailbox", ANNA, query)
    house.run("search", "--mailbox", ANNA, f"after:{canary.word('bad search')}")


DOORS: list[Plant] = [
    smtp_message,
    smtp_raw_text,
    smtp_refusals,
    imap_append,
    imap_folders_and_keywords,
    imap_searches,
    pop3,
    sign_ins,
    linked_accounts,
    imports,
    command_searches,
    *HTTP_DOORS,
]


# ---------------------------------------------------------------- what is looked through


def _leaks_in_dump(house: RunningPosthouse, canary: Canary) -> list[str]:
    """A dump as the operator would take it: the whole database in SQL."""
    dump = subprocess.run(
        [wheel_folder() / "pg_dump", "--dbname", house.must("db", "url").strip()],
        check=True,
        capture_output=True,
    ).stdout
    assert b"COPY public.variants" in dump, "that is no dump of ours"
    return [f"dump: {leak}" for leak in canary.leaks_in(dump)]


def _search_finds_what_was_planted(house: RunningPosthouse, canary: Canary) -> None:
    """It is there, for those who may read it: a canary that died on the way proves nothing."""
    for door in ("subject", "body", "attachment name", "sender", "display name"):
        said = house.must("search", "--mailbox", ANNA, canary.word(door), "--json")
        assert len(said.splitlines()) == 1, door
    assert house.must("search", "--mailbox", BEN, canary.word("import subject"), "--json")
