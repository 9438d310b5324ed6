"""BINARY clause by clause (RFC 3516)."""

import base64

from tests.support.house import deliver

PICTURE = bytes(range(256)) * 3
RAW = (
    b"From: a@kunde.example\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n"
    b"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe\r\n"
    b"--cut\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(PICTURE).replace(b"\n", b"\r\n")
    + b"--cut\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-rot13\r\n\r\nUnyyb\r\n"
    b"--cut--\r\n"
)


async def binary(client, item):
    """The octets of a FETCH of one BINARY item, and the line before them."""
    await client.send(b"b UID FETCH 1 %b\r\n" % item)
    head = await client.line()
    size = int(head.rpartition("{")[2].rstrip("}"))
    octets = await client.reader.readexactly(size)
    rest = await client.line()
    assert (await client.until("b"))[-1].startswith("b OK")
    return head, octets, rest


async def test_fetching(server):
    await deliver(server.house, server.workspace, RAW)
    client = await server.selected()
    head, octets, _ = await binary(client, b"BINARY.PEEK[1]")
    assert (head, octets) == ("* 1 FETCH (UID 1 BINARY[1] {7}", "Grüße".encode())
    head, octets, rest = await binary(client, b"BINARY[2]")
    assert (head, octets) == ("* 1 FETCH (UID 1 BINARY[2] ~{768}", PICTURE)
    assert rest == " FLAGS (\\Seen \\Recent))"
    head, octets, _ = await binary(client, b"BINARY.PEEK[2]<250.10>")
    assert (head, octets) == ("* 1 FETCH (UID 1 BINARY[2]<250> ~{10}", PICTURE[250:260])
    head, octets, _ = await binary(client, b"BINARY.PEEK[]")
    assert (head, octets) == (f"* 1 FETCH (UID 1 BINARY[] {{{len(RAW)}}}", RAW)
    await client.follow("""
        C: a FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2])
        S: * 1 FETCH (BINARY.SIZE[1] 7 BINARY.SIZE[2] 768)
        S: a OK Fetched
        C: c FETCH 1 BINARY[7]
        S: * 1 FETCH (BINARY[7] NIL)
        S: c OK Fetched
        C: d FETCH 1 BINARY.PEEK[3]
        S: d NO [UNKNOWN-CTE] {*}
        C: e FETCH 1 BINARY.SIZE[3]
        S: e NO [UNKNOWN-CTE] {*}
        C: f FETCH 1 (BINARY.PEEK[1.MIME]<14.10> BINARY.SIZE[HEADER])
        S: * 1 FETCH (BINARY[1.MIME]<14> {10}
        S: text/plain BINARY.SIZE[HEADER] 108)
        S: f OK Fetched
        C: g FETCH 1 BINARY.PEEK[2]<760>
        S: * 1 FETCH (BINARY[2]<760> {8}
        S: {*})
        S: g OK Fetched
        C: h CAPABILITY
        S: * CAPABILITY {*} BINARY {*}
        S: h OK Capabilities listed
    """)


BROKEN = (
    b"Message-ID: <3@x>\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n"
    b"--cut\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29y\x00bGQ\r\n"
    b"--cut\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!not base64####\r\n"
    b"--cut\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n"
    b"--cut\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=ZZb=3Dc=\r\nd=\r\n"
    b"--cut\r\nContent-Transfer-Encoding: 7bit; x=y\r\n\r\n\xff\xfe\r\n"
    b"--cut\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8="
)


async def test_broken_encodings(server):
    """What can be read is given, and BINARY.SIZE tells its octets (4.2); the rest as it stands."""
    await deliver(server.house, server.workspace, BROKEN)
    client = await server.selected()
    for part, wanted in enumerate(
        (b"hello world", b"!!!!not base64####", b"", b"a=ZZb=cd", b"\xff\xfe", b"hello"), 1
    ):
        head, octets, _ = await binary(client, b"BINARY.PEEK[%d]" % part)
        assert (part, octets) == (part, wanted)
        await client.follow(f"""
            C: a FETCH 1 BINARY.SIZE[{part}]
            S: * 1 FETCH (BINARY.SIZE[{part}] {len(wanted)})
            S: a OK Fetched
        """)
        head, octets, _ = await binary(client, b"BINARY.PEEK[%d]<100.5>" % part)
        assert (head, octets) == (f"* 1 FETCH (UID 1 BINARY[{part}]<100> {{0}}", b"")


async def test_appending(server):
    """4.4: a literal8 may hold NUL; what is kept can be fetched by every client."""
    raw = (
        b"Message-ID: <2@x>\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\n" + PICTURE
    )
    client = await server.selected()
    await client.send(b"a APPEND INBOX (\\Draft) ~{%d}\r\n" % len(raw))
    await client.follow("S: + Send it")
    await client.send(raw + b"\r\n")
    await client.follow("""
        S: * 1 EXISTS
        S: * 1 RECENT
        S: a OK [APPENDUID {*} 1] Appended
    """)
    _, octets, _ = await binary(client, b"BINARY.PEEK[1]")
    assert octets == PICTURE
    _, octets, _ = await binary(client, b"BODY.PEEK[TEXT]")
    assert base64.b64decode(octets) == PICTURE
    await client.send(b"c APPEND INBOX ~{17+}\r\nSubject: a\x00b\r\n\r\nx\r\n")
    await client.follow("S: c NO [UNKNOWN-CTE] {*}")
