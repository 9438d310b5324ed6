"""Sessions with providers as they really answer (sources: `quirks.TABLE`), written down."""

from dataclasses import replace

import pytest

from posthouse.mail.accounts.errors import SignInRefused, Throttled
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.imap.quirks import TABLE, Appearance, backoff_seconds, quirks_of
from posthouse.mail.accounts.model import (
    Body,
    Exists,
    Flagged,
    FolderState,
    ItemFlags,
    RemoteFolder,
    Vanished,
)
from tests.support.scripted_imap import scripted_imap, sign_in, way_here

INBOX = RemoteFolder(wire=b"INBOX", levels=("INBOX",))

COREMAIL = """
    S: * OK Coremail System IMap Server Ready(163com[10774b260cc7a37d26d71b52404dcf5c])
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS APPENDLIMIT SASL-IR \
        UIDPLUS AUTH=PLAIN X-CM-EXT-1
    S: % OK CAPABILITY completed
    C: % AUTHENTICATE PLAIN
    S: +
    C: AGFubmEAaG9yc2Vz
    S: % OK AUTHENTICATE Success
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS UIDPLUS IDLE X-CM-EXT-1
    S: % OK CAPABILITY completed
    C: % ID ("name" "Posthouse" "version" {*})
    S: * ID ("name" "Coremail" "vendor" "Netease" "TransID" NIL)
    S: % OK ID completed
"""


async def test_netease():
    """ID before anything is opened; no initial response, no IDLE; STATUS in its place."""
    script = (
        COREMAIL
        + """
    C: % LIST "" "*"
    S: * LIST () "/" "INBOX"
    S: * LIST (\\Drafts) "/" "&g0l6P3ux-"
    S: * LIST (\\Sent) "/" "&XfJT0ZAB-"
    S: * LIST (\\NoSelect) "/" "&Xn9USmWHTvY-"
    S: % OK LIST Completed
    C: % SELECT "INBOX"
    S: * 2 EXISTS
    S: * 0 RECENT
    S: * OK [UIDVALIDITY 1] UIDs valid
    S: * FLAGS (\\Answered \\Seen \\Deleted \\Draft \\Flagged)
    S: * OK [PERMANENTFLAGS (\\Answered \\Seen \\Deleted \\Draft \\Flagged)] Limited
    S: % OK [READ-WRITE] SELECT completed
    C: % UID SEARCH UID 1:*
    S: * SEARCH 1320001 1320007
    S: % OK SEARCH completed
    C: % UID STORE 1320001 +FLAGS (\\Seen)
    S: * 1 FETCH (UID 1320001 FLAGS (\\Seen))
    S: % OK STORE completed
    C: % NOOP
    S: % OK NOOP completed
    C: % STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
    S: * STATUS "INBOX" (MESSAGES 3 UIDNEXT 1320009 UIDVALIDITY 1 UNSEEN 2)
    S: % OK STATUS completed
    """
    )
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server, host="imap.163.com"), way_here())
        assert not driver.abilities.idle
        assert driver.abilities.poll_seconds == 55
        folders = await driver.folders()
        assert [(each.name, each.special_use, each.selectable) for each in folders] == [
            ("INBOX", "inbox", True),
            ("草稿箱", "drafts", True),
            ("已发送", "sent", True),
            ("广告文件", None, False),
        ]
        opened = await driver.open(INBOX, None, write=True)
        assert (opened.uid_validity, opened.uid_next, opened.exists) == (1, 0, 2)
        assert await driver.uids(1, 0) == [1320001, 1320007]
        # The server keeps no keywords, so none is sent.
        told = await driver.store_flags(((1320001, 1320001),), add=1, add_keywords=["$Forwarded"])
        assert told == [ItemFlags(1320001, 1)]
        driver._quirks = replace(driver._quirks, poll_seconds=0.0)
        assert await driver.wait(5) == [Exists(3)]
        await driver.close()


async def test_netease_that_trusts_nobody():
    script = """
    S: * OK Coremail System IMap Server Ready(163com)
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
    S: % OK CAPABILITY completed
    C: % AUTHENTICATE PLAIN
    S: +
    C: AGFubmEAaG9yc2Vz
    S: % NO LOGIN Login error or password error, 授权码
    """
    async with scripted_imap(script) as server:
        with pytest.raises(SignInRefused) as refused:
            await connect_imap(sign_in(server), way_here())
    assert (refused.value.reason, refused.value.said[:5]) == ("code", "LOGIN")


QQ = """
    S: * OK [CAPABILITY IMAP4 IMAP4rev1 ID AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 NAMESPACE] \
        QQMail XMIMAP4Server ready
    C: % AUTHENTICATE PLAIN
    S: +
    C: AGFubmEAaG9yc2Vz
"""


async def test_qq():
    """Sets ascend; SEARCH is not trusted; answers out of any grammar harm nothing beside them."""
    script = (
        QQ
        + """
    S: % OK Success login ok
    C: % CAPABILITY
    S: * CAPABILITY IMAP4 IMAP4rev1 XLIST MOVE IDLE XAPPLEPUSHSERVICE NAMESPACE CHILDREN ID UIDPLUS
    S: % OK CAPABILITY Completed
    C: % ID ({*})
    S: * ID NIL
    S: % OK ID completed
    C: % NAMESPACE
    S: * NAMESPACE (("" "/")) NIL NIL
    S: % OK NAMESPACE Success
    C: % EXAMINE "&UXZO1mWHTvZZOQ-/Alt"
    S: * 4 EXISTS
    S: * OK [UIDVALIDITY 1398151722] UID validity status
    S: * OK [UIDNEXT 1600] Predicted next UID
    S: % OK [READ-ONLY] EXAMINE complete
    C: % UID FETCH 1:* (UID)
    S: * 1 FETCH (UID 1580)
    S: * 2 FETCH (UID 1593)
    S: % OK UID FETCH Completed
    C: % UID FETCH 1580,1593 (UID FLAGS RFC822.SIZE INTERNALDATE)
    S: * 2 FETCH (UID 1593 RFC822.SIZE 7 INTERNALDATE "23-Nov-2026 10:00:00 +0800" FLAGS (\\Seen))
    S: * 1 FETCH (UID 1580 ENVELOPE (NIL "x" NIL NIL NIL NIL NIL NIL "<1@x>") RFC822.SIZE 5)
    S: * 3 FETCH (UID 1700 FLAGS (
    S: % OK UID FETCH Completed
    C: % UID FETCH 1580,1593 (UID BODY.PEEK[])
    S: * 1 FETCH (UID 1580 BODY[] {5}
    S: hello)
    S: * 2 FETCH (BODYSTRUCTURE ("mixed" NIL) UID 1593 BODY[] {7}
    S* a\\r\\n.\\r\\nb
    S: FLAGS (\\Seen))
    S: % OK UID FETCH Completed
    """
    )
    folder = RemoteFolder(wire=b"&UXZO1mWHTvZZOQ-/Alt", levels=("其他文件夹", "Alt"))
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server), way_here())
        await driver.open(folder, None)
        assert await driver.uids(1, 0) == [1580, 1593]
        first, second = await driver.items(((1580, 1580), (1593, 1593)))
        assert (first.uid, first.flags, first.size) == (1580, None, 5)
        assert (second.uid, second.flags, second.size) == (1593, 1, 7)
        bodies = [each async for each in driver.bodies([1593, 1580])]
        assert bodies == [Body(1580, b"hello"), Body(1593, b"a\r\n.\r\nb")]
        await driver.close()


async def test_qq_says_all_reasons_at_once():
    said = (
        "Login fail. Account is abnormal, service is not open, password is incorrect, login"
        " frequency limited, or system is busy. More information at https://help.mail.qq.com/"
    )
    async with scripted_imap(QQ + f"S: % NO {said}") as server:
        with pytest.raises(SignInRefused) as refused:
            await connect_imap(sign_in(server), way_here())
    assert (refused.value.reason, refused.value.said) == ("code", said)


async def test_icloud():
    """ENABLE is answered by OK alone, and QRESYNC is on: VANISHED comes several times, anywhere."""
    script = """
    S: * OK [CAPABILITY XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PLAIN] \
        iSCREAM ready
    C: % AUTHENTICATE PLAIN AGFubmEAaG9yc2Vz
    S: % OK [CAPABILITY IMAP4 IMAP4rev1 ACL QUOTA LITERAL+ NAMESPACE UIDPLUS CONDSTORE \
        QRESYNC ENABLE IDLE ESEARCH] ok
    C: % NAMESPACE
    S: * NAMESPACE (("" "/")) NIL NIL
    S: % OK Completed
    C: % ENABLE QRESYNC
    S: % OK ENABLE completed
    C: % EXAMINE "INBOX" (QRESYNC (7 90 1:40))
    S: * 12 EXISTS
    S: * OK [UIDVALIDITY 7] ok
    S: * OK [HIGHESTMODSEQ 95] ok
    S: * VANISHED (EARLIER) 3
    S: * VANISHED (EARLIER) 1,5:6
    S: * 4 FETCH (UID 9 FLAGS (\\Flagged) MODSEQ (94))
    S: * VANISHED (EARLIER) 4
    S: % OK [READ-ONLY] Completed
    C: % UID SEARCH RETURN (ALL) UID 30:*
    S: * VANISHED 11
    S: * ESEARCH (TAG "%") UID ALL 40
    S: % OK Completed
    """
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server), way_here())
        assert driver.abilities.qresync
        known = FolderState(uid_validity=7, highest_modseq=90, known=((1, 40),))
        opened = await driver.open(INBOX, known)
        assert opened.resynced
        assert opened.vanished == ((1, 1), (3, 6))
        assert opened.changed == (ItemFlags(9, 4, (), 94),)
        assert await driver.uids(30, 0) == [40]
        assert await driver.wait(0) == [Vanished(((11, 11),))]
        await driver.close()


async def test_office_365():
    """rev2 and UIDONLY are let be; nothing is searched; the time to wait is obeyed."""
    script = """
    S: * OK The Microsoft Exchange IMAP4 service is ready. [QQBNADcAUABSADEA]
    C: % CAPABILITY
    S: * CAPABILITY IMAP4 IMAP4rev1 IMAP4rev2 AUTH=PLAIN SASL-IR UIDPLUS MOVE ID UNSELECT \
        UIDONLY NAMESPACE LITERAL+
    S: % OK CAPABILITY completed.
    C: % AUTHENTICATE PLAIN AGFubmEAaG9yc2Vz
    S: % OK AUTHENTICATE completed.
    C: % CAPABILITY
    S: * CAPABILITY IMAP4 IMAP4rev1 IMAP4rev2 ENABLE UIDPLUS MOVE CHILDREN UIDONLY LITERAL+
    S: % OK CAPABILITY completed.
    C: % EXAMINE "INBOX"
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 14] UIDVALIDITY value
    S: % OK [READ-ONLY] EXAMINE completed.
    C: % UID FETCH 2:* (UID)
    S: * 1 FETCH (UID 1)
    S: % OK FETCH completed.
    C: % UID FETCH 1 (UID BODY.PEEK[])
    S: % NO Request is throttled. Suggested Backoff Time: 92415 milliseconds
    """
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server), way_here())
        await driver.open(INBOX, None)
        assert await driver.uids(2, 0) == []  # n:* names the last message in any case
        with pytest.raises(Throttled) as told:
            [each async for each in driver.bodies([1])]
        assert told.value.seconds == pytest.approx(92.415)
        await driver.close()


async def test_gmail():
    """Labels, ids, and a way to the Trash for what shall go."""
    script = """
    S: * OK Gimap ready for requests from 192.0.2.1 d1mb123
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 \
        XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN
    S: % OK Thats all she wrote! d1mb123
    C: % AUTHENTICATE PLAIN AGFubmEAaG9yc2Vz
    S: * CAPABILITY IMAP4rev1 UNSELECT IDLE X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE \
        ESEARCH LITERAL- SPECIAL-USE
    S: % OK anna@gmail.com authenticated (Success)
    C: % LIST "" "*"
    S: * LIST (\\HasNoChildren) "/" "INBOX"
    S: * LIST (\\HasChildren \\Noselect) "/" "[Gmail]"
    S: * LIST (\\All \\HasNoChildren) "/" "[Gmail]/Alle Nachrichten"
    S: * LIST (\\HasNoChildren \\Trash) "/" "[Gmail]/Papierkorb"
    S: % OK Success
    C: % SELECT "INBOX" (CONDSTORE)
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 3] UIDs valid.
    S: * OK [UIDNEXT 12] Predicted next UID.
    S: * OK [HIGHESTMODSEQ 600]
    S: % OK [READ-WRITE] INBOX selected. (Success)
    C: % UID FETCH 11 (UID FLAGS RFC822.SIZE INTERNALDATE MODSEQ X-GM-MSGID X-GM-THRID X-GM-LABELS)
    S: * 1 FETCH (X-GM-THRID 1278 X-GM-MSGID 1279 X-GM-LABELS ("\\\\Sent" NIL "&W6JiNw-") \
        UID 11 RFC822.SIZE 3 INTERNALDATE "17-Jul-2026 02:44:25 +0000" FLAGS () MODSEQ (599))
    S: % OK Success
    C: % UID MOVE 11 "[Gmail]/Papierkorb"
    S: * OK [COPYUID 3 11 90] (Success)
    S: * 1 EXPUNGE
    S: % OK (Success)
    C: % SELECT "[Gmail]/Papierkorb" (CONDSTORE)
    S: * 1 EXISTS
    S: % OK [READ-WRITE] selected. (Success)
    C: % UID STORE 90 +FLAGS.SILENT (\\Deleted)
    S: % OK Success
    C: % UID EXPUNGE 90
    S: * 1 EXPUNGE
    S: % OK Success
    C: % SELECT "INBOX" (CONDSTORE)
    S: * 0 EXISTS
    S: % OK [READ-WRITE] selected. (Success)
    """
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server), way_here())
        assert driver.abilities.gmail
        folders = await driver.folders()
        assert [each.special_use for each in folders] == ["inbox", None, "archive", "trash"]
        await driver.open(INBOX, None, write=True)
        (item,) = await driver.items(((11, 11),))
        assert (item.key, item.thread_key, item.labels) == (b"1279", b"1278", ("\\Sent", "客户"))
        await driver.delete(((11, 11),))
        await driver.close()


async def test_gmails_archive():
    """All Mail, without what is in another folder; labels that come and go are no expunges."""
    script = """
    S: * PREAUTH [CAPABILITY IMAP4rev1 X-GM-EXT-1 CONDSTORE] Gimap
    C: % LIST "" "*"
    S: * LIST () "/" "INBOX"
    S: * LIST (\\All) "/" "[Gmail]/All Mail"
    S: * LIST (\\Sent) "/" "[Gmail]/Sent Mail"
    S: * LIST (\\Flagged) "/" "[Gmail]/Starred"
    S: * LIST () "/" "Nord/&W6JiNw-"
    S: % OK Success
    C: % EXAMINE "[Gmail]/All Mail" (CONDSTORE)
    S: * 5 EXISTS
    S: * OK [HIGHESTMODSEQ 600]
    S: % OK Success
    C: % UID FETCH 1:* (UID X-GM-LABELS)
    S: * 1 FETCH (X-GM-LABELS ("\\\\Inbox") UID 1)
    S: * 2 FETCH (X-GM-LABELS ("\\\\Important" "\\\\Starred") UID 2)
    S: * 3 FETCH (X-GM-LABELS ("Nord/&W6JiNw-") UID 3)
    S: * 4 FETCH (X-GM-LABELS ("\\\\Draft" Hidden) UID 4)
    S: * 5 FETCH (X-GM-LABELS ("\\\\Sent") UID 5)
    S: % OK Success
    C: % UID FETCH 1:5 (UID FLAGS MODSEQ X-GM-LABELS)
    S: * 2 FETCH (X-GM-LABELS () UID 2 FLAGS (\\Seen) MODSEQ (9))
    S: * 3 FETCH (X-GM-LABELS ("nord/&W6JiNw-") UID 3 FLAGS () MODSEQ (8))
    S: % OK Success
    """
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server), way_here())
        archive = next(each for each in await driver.folders() if each.special_use == "archive")
        assert not archive.is_view
        assert (await driver.open(archive, None)).highest_modseq == 0
        assert await driver.uids(1, 0) == [2, 4]
        assert await driver.flags(((1, 5),)) == [ItemFlags(2, 1, (), 9)]
        await driver.close()


async def test_yahoo():
    """IDLE is renewed before the server forgets it; a program's password is wanted."""
    script = """
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN ID] IMAP4rev1 imapgate ready
    C: % AUTHENTICATE PLAIN AGFubmEAaG9yc2Vz
    S: % OK [CAPABILITY IMAP4rev1 ID MOVE NAMESPACE IDLE LITERAL+ CONDSTORE] AUTHENTICATE completed
    C: % ID ({*})
    S: * ID ("vendor" "Yahoo! Inc." "host" "imap.mail.yahoo.com")
    S: % OK ID completed
    C: % NAMESPACE
    S: * NAMESPACE (("" "/")) NIL NIL
    S: % OK NAMESPACE completed
    C: % EXAMINE "INBOX" (CONDSTORE)
    S: * 1 EXISTS
    S: * OK [HIGHESTMODSEQ 2] ok
    S: % OK [READ-ONLY] EXAMINE completed
    C: % IDLE
    S: + idling
    C: DONE
    S: % OK IDLE completed
    C: % IDLE
    S: + idling
    S: * 2 EXISTS
    S: * 1 FETCH (FLAGS (\\Seen))
    C: DONE
    S: * 3 EXISTS
    S: % OK IDLE completed
    """
    async with scripted_imap(script) as server:
        driver = await connect_imap(sign_in(server, host="imap.mail.yahoo.com"), way_here())
        assert driver._quirks.idle_seconds == 180
        driver._quirks = replace(driver._quirks, idle_seconds=0.01)
        await driver.open(INBOX, None)
        changes = await driver.wait(5)
        assert changes == [Exists(2), Flagged(None)]
        await driver._connection.end_idle()
        assert Exists(3) in await driver.wait(0)
        await driver.close()


def test_who_is_known_by_what():
    for row in TABLE:
        assert row.why
        assert row.source
        for host in row.hosts:
            quirks = quirks_of(Appearance(host=f"imap.{host}"), {})
            assert quirks.without >= row.quirks.without
    assert quirks_of(Appearance(host="imap.notqq.com"), {}).searches
    assert not quirks_of(Appearance(host="x", greeting="QQMail ready"), {}).searches
    assert quirks_of(Appearance(host="x", identity={"name": "Coremail"}), {}).status_polls
    told = quirks_of(Appearance(host="imap.163.com"), {"idle": True, "move": False})
    assert "IDLE" not in told.without
    assert {"MOVE", "SASL-IR", "IMAP4REV2"} <= told.without


@pytest.mark.parametrize(
    ("code", "text", "seconds"),
    [
        ("", "Request is throttled. Suggested Backoff Time: 999999999 milliseconds", 300.0),
        ("", "Request is throttled.", 60.0),
        ("", "Backoff Time 5 seconds", 5.0),
        ("ALERT", "Too many simultaneous connections. (Failure)", 60.0),
        ("OVERQUOTA", "Account exceeded command or bandwidth limits.", 60.0),
        ("THROTTLED", "", 60.0),
        ("", "登录过于频繁", 60.0),
        ("", "password is incorrect, login frequency limited", None),
        ("LIMIT", "Too many folders", None),
    ],
)
def test_when_to_stay_away(code, text, seconds):
    assert backoff_seconds(code, text) == seconds
