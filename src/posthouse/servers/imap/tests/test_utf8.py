"""UTF8=ACCEPT clause by clause (RFC 9755, before it RFC 6855)."""

from tests.support.house import deliver, letter


async def test_names(server):
    """3: names are UTF-8 in both directions after ENABLE; `&` is a plain character."""
    await server.signed_in("""
        C: a CREATE &W6JiNw-/R&-D
        S: a OK {*} Created
        C: b ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: b OK Enabled
        C: c LIST "" "客户*"
        S: * LIST (\\HasChildren) "/" "客户"
        S: * LIST (\\HasNoChildren) "/" "客户/R&D"
        S: c OK Listed
        C: d CREATE "客户/&W6JiNw-"
        S: d OK {*} Created
        C: e STATUS "客户/&W6JiNw-" (MESSAGES)
        S: * STATUS "客户/&W6JiNw-" (MESSAGES 0)
        S: e OK Status told
        C: f LIST "" &W6JiNw-
        S: f OK Listed
        C: g SELECT "客户/R&D"
        S: {...}
        S: g OK [READ-WRITE] Opened
        C: h RENAME "客户/R&D" "客户/\\"研发\\""
        S: h OK Renamed
        C: i0 SUBSCRIBE "客户/\\"研发\\""
        S: i0 OK Subscribed
        C: i1 SUBSCRIBE "客户/&W6JiNw-"
        S: i1 OK Subscribed
        C: i LSUB "" "客户/%"
        S: * LSUB () "/" "客户/\\"研发\\""
        S: * LSUB () "/" "客户/&W6JiNw-"
        S: i OK Listed
    """)
    await server.signed_in("""
        C: a LIST "" &W6JiNw-/%
        S: * LIST (\\HasNoChildren) "/" "&W6JiNw-/\\"&eBRT0Q-\\""
        S: * LIST (\\HasNoChildren) "/" "&W6JiNw-/&-W6JiNw-"
        S: a OK Listed
        C: b CAPABILITY
        S: * CAPABILITY {*} UTF8=ACCEPT {*}
        S: b OK Capabilities listed
    """)


async def test_broken_names(server):
    client = await server.signed_in("C: b ENABLE UTF8=ACCEPT\nS: {...}\nS: b OK Enabled")
    await client.send(b'a SELECT "\xff\xfe"\r\nb LIST "" "\xff"\r\n')
    await client.follow("""
        S: a NO [CANNOT] The name is not UTF-8
        S: b OK Listed
    """)


async def test_search_has_no_charset(server):
    """3: conflicting charsets are refused."""
    await deliver(
        server.house, server.workspace, letter(message_id="1@x", subject="Angebot für 泵")
    )
    await server.selected(
        script="""
        C: a SEARCH CHARSET UTF-8 SUBJECT "泵"
        S: * SEARCH 1
        S: a OK Searched
        C: b ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: b OK Enabled
        C: c SEARCH CHARSET UTF-8 SUBJECT "泵"
        S: c BAD With UTF8=ACCEPT every text is UTF-8
        C: d SEARCH SUBJECT "泵"
        S: * SEARCH 1
        S: d OK Searched
    """
    )


async def test_append(server):
    """4: the UTF8 data item carries a message with UTF-8 in its header."""
    raw = "From: 张伟 <张伟@例子.example>\r\nSubject: 报价\r\n\r\nhi\r\n".encode()
    client = await server.signed_in()
    await client.send(b"a APPEND INBOX UTF8 (~{%d+}\r\n%b)\r\n" % (len(raw), raw))
    await client.follow("""
        S: a BAD Expected the message as a literal
        C: b ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: b OK Enabled
    """)
    await client.send(b"c APPEND INBOX (\\Seen) utf8 (~{%d}\r\n" % len(raw))
    await client.follow("S: + Send it")
    await client.send(b"%b)\r\n" % raw)
    await client.follow("""
        S: c OK [APPENDUID {*} 1] Appended
        C: d SELECT INBOX
        S: {...}
        S: d OK [READ-WRITE] Opened
        C: e FETCH 1 (FLAGS RFC822.SIZE)
    """)
    assert await client.line() == f"* 1 FETCH (FLAGS (\\Seen \\Recent) RFC822.SIZE {len(raw)})"
    await client.follow("S: e OK Fetched")
    await client.send(b"f APPEND INBOX UTF8 ({3+}\r\nabc)\r\ng APPEND INBOX UTF8 (~{3+}\r\nabc\r\n")
    await client.follow("""
        S: f BAD Expected the message as a literal
        S: g BAD Expected ')'
    """)
