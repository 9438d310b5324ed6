"""RFC 3501 6.3, clause by clause: what other files here do not say of folders and their names."""

from tests.support.house import deliver, letter


async def letters(server, *names):
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in names))


async def test_select(server):
    """6.3.1: a failure leaves nothing selected, also one of a name with wildcards."""
    await letters(server, 1)
    await server.signed_in("""
        C: a SELECT INBOX
        S: {...}
        S: a OK [READ-WRITE] Opened
        C: b SELECT "In*"
        S: * OK [CLOSED] Closed
        S: b NO [NONEXISTENT] {*}
        C: c FETCH 1 UID
        S: c BAD FETCH is not for now
        C: d SELECT "%"
        S: d NO [NONEXISTENT] {*}
        C: e EXAMINE inBOX
        S: {...}
        S: e OK [READ-ONLY] Opened
        C: f SELECT INBOX
        S: * OK [CLOSED] Closed
        S: {...}
        S: f OK [READ-WRITE] Opened
        C: g SELECT ""
        S: * OK [CLOSED] Closed
        S: g NO [CANNOT] {*}
        C: h SELECT INBOX (X-UNKNOWN)
        S: h BAD {*}
        C: i SELECT
        S: i BAD {*}
    """)


async def test_create(server):
    """6.3.3: INBOX is there; a separator at the end says that names will stand below."""
    await server.signed_in("""
        C: a CREATE inbox
        S: a NO [ALREADYEXISTS] {*}
        C: b CREATE Foo/
        S: b OK {*}
        C: c LIST "" Foo
        S: * LIST (\\HasNoChildren) "/" "Foo"
        S: c OK Listed
        C: d CREATE Foo/Bar/Baz
        S: d OK {*}
        C: e LIST "" Foo*
        S: * LIST (\\HasChildren) "/" "Foo"
        S: * LIST (\\HasChildren) "/" "Foo/Bar"
        S: * LIST (\\HasNoChildren) "/" "Foo/Bar/Baz"
        S: e OK Listed
        C: f CREATE a//b
        S: f NO [CANNOT] {*}
        C: g CREATE ""
        S: g NO [CANNOT] {*}
        C: h CREATE "one*two"
        S: h OK {*}
        C: i LIST "" "one*two"
        S: * LIST (\\HasNoChildren) "/" "one*two"
        S: i OK Listed
    """)


async def test_delete(server):
    """6.3.4: what stands below stays, under a name that cannot be selected; nor deleted again."""
    await server.signed_in("""
        C: a CREATE Foo/Bar
        S: a OK {*}
        C: b DELETE Foo
        S: b OK Deleted
        C: c LIST "" Foo*
        S: * LIST (\\HasNoChildren) "/" "Foo/Bar"
        S: * LIST (\\Noselect \\HasChildren) "/" "Foo"
        S: c OK Listed
        C: d SELECT Foo
        S: d NO [NONEXISTENT] {*}
        C: e DELETE Foo
        S: e NO [NONEXISTENT] {*}
        C: f STATUS Foo (MESSAGES)
        S: f NO [NONEXISTENT] {*}
        C: g CREATE Foo
        S: g OK {*}
        C: h DELETE Foo/Bar/
        S: h OK Deleted
        C: i LIST "" Foo*
        S: * LIST (\\HasNoChildren) "/" "Foo"
        S: i OK Listed
        C: j DELETE InBox
        S: j NO [CANNOT] {*}
    """)


async def test_rename(server):
    """6.3.5: with all below; superior names are made; uids and UIDVALIDITY go with it."""
    await letters(server, 1)
    client = await server.signed_in("""
        C: a CREATE Foo/Bar
        S: a OK {*}
        C: b SELECT INBOX
        S: {...}
        S: b OK {*}
        C: c COPY 1 Foo
        S: c OK {*}
        C: d STATUS Foo (UIDVALIDITY UIDNEXT MESSAGES)
        S: * STATUS "Foo" {*}
        S: d OK {*}
    """)
    counts = client.said[-2].partition('"Foo" ')[2]
    await client.follow(f"""
        C: e RENAME Foo Sup/Zap
        S: e OK Renamed
        C: f LIST "" (Foo* Sup*)
        S: * LIST (\\HasChildren) "/" "Sup"
        S: * LIST (\\HasChildren) "/" "Sup/Zap"
        S: * LIST (\\HasNoChildren) "/" "Sup/Zap/Bar"
        S: f OK Listed
        C: g STATUS Sup/Zap (UIDVALIDITY UIDNEXT MESSAGES)
        S: * STATUS "Sup/Zap" {counts}
        S: g OK {{*}}
        C: h RENAME Sup/Zap Sent
        S: h NO [ALREADYEXISTS] {{*}}
        C: i RENAME Foo Bar
        S: i NO [NONEXISTENT] {{*}}
        C: j RENAME Sup Sup/Zap/Below
        S: j NO [CANNOT] {{*}}
    """)


async def test_list(server):
    """6.3.8: `%` stops at the separator, `*` does not; the reference stands before the pattern."""
    await server.signed_in("""
        C: a CREATE Foo/Bar/Baz
        S: a OK {*}
        C: b LIST "" F%
        S: * LIST (\\HasChildren) "/" "Foo"
        S: b OK Listed
        C: c LIST "Foo/" %
        S: * LIST (\\HasChildren) "/" "Foo/Bar"
        S: c OK Listed
        C: d LIST "Foo" "/*z"
        S: * LIST (\\HasNoChildren) "/" "Foo/Bar/Baz"
        S: d OK Listed
        C: e LIST "Foo/" ""
        S: * LIST (\\Noselect) "/" ""
        S: e OK Listed
        C: f LIST "" "%/%"
        S: * LIST (\\HasChildren) "/" "Foo/Bar"
        S: f OK Listed
        C: g LIST "" "inb%"
        S: * LIST (\\HasNoChildren) "/" "INBOX"
        S: g OK Listed
        C: h LIST "" Nowhere
        S: h OK Listed
        C: i LSUB "" "I%"
        S: * LSUB () "/" "INBOX"
        S: i OK Listed
        C: j LIST ""
        S: j BAD {*}
    """)


async def test_subscribe(server):
    """6.3.6, 6.3.7: what does not exist is refused (6.3.6: "MAY validate"), twice is as good as
    once."""
    await server.signed_in("""
        C: a SUBSCRIBE Nowhere
        S: a NO [NONEXISTENT] {*}
        C: b UNSUBSCRIBE Nowhere
        S: b NO [NONEXISTENT] {*}
        C: c UNSUBSCRIBE Sent
        S: c OK Unsubscribed
        C: d UNSUBSCRIBE Sent
        S: d OK Unsubscribed
        C: e LSUB "" Sent
        S: e OK Listed
        C: f SUBSCRIBE Sent
        S: f OK Subscribed
        C: g SUBSCRIBE Sent
        S: g OK Subscribed
        C: h LSUB "" Sent
        S: * LSUB () "/" "Sent"
        S: h OK Listed
    """)


async def test_status(server):
    """6.3.10: of the selected folder, too (Apple Mail, Outlook); selecting and telling nothing."""
    client = await server.selected()
    await letters(server, 1, 2)
    await client.follow("""
        C: a STATUS INBOX (MESSAGES UIDNEXT UNSEEN)
        S: * STATUS "INBOX" (MESSAGES 2 UIDNEXT 3 UNSEEN 2)
        S: * 2 EXISTS
        S: * 2 RECENT
        S: a OK Status told
        C: b STATUS Sent (UIDVALIDITY)
        S: * STATUS "Sent" (UIDVALIDITY {*})
        S: b OK Status told
        C: c FETCH 2 UID
        S: * 2 FETCH (UID 2)
        S: c OK Fetched
        C: d STATUS Nowhere (MESSAGES)
        S: d NO [NONEXISTENT] {*}
        C: e STATUS INBOX ()
        S: e BAD {*}
        C: f STATUS INBOX (X-UNKNOWN)
        S: f BAD {*}
        C: g STATUS "I*" (MESSAGES)
        S: g NO [NONEXISTENT] {*}
    """)


async def test_append(server):
    """6.3.11: TRYCREATE, and no folder made; into the selected folder, told before the OK."""
    client = await server.selected()
    await client.follow("""
        C: a APPEND Nowhere (\\Seen) {6}
        S: + Send it
        C: a: b
        C:
        S: a NO [TRYCREATE] {*}
        C: b LIST "" Nowhere
        S: b OK Listed
        C: c APPEND INBOX () {6+}
        C: a: b
        C:
        S: * 1 EXISTS
        S: * 1 RECENT
        S: c OK [APPENDUID {*} 1] Appended
        C: d APPEND INBOX (\\Foo) {6+}
        C: a: b
        C:
        S: d BAD {*}
        C: e APPEND INBOX "1-Jan-2020" {6+}
        C: a: b
        C:
        S: e BAD {*}
        C: f APPEND INBOX
        S: f BAD {*}
        C: g NOOP
        S: g OK Nothing done
    """)
