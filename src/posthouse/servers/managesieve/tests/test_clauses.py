"""RFC 5804 once more: the corners of each command, as written conversations."""

from posthouse.servers.managesieve.tests.conftest import PLAIN, Serve, Server


async def test_words_and_strings(server: Server):  # 4
    client = await server.signed_in(
        r"""
        C: putscript   "a\"b\\c"	"keep;"
        S: OK "The script is saved."
        C: ListScripts
        S: "a\"b\\c"
        S: OK
        C: GETSCRIPT {5+}
        C: a"b\c
        S: {5}
        S: keep;
        S: OK
        C: RENAMESCRIPT {5+}
        C: a"b\c {1+}
        C: b
        S: OK "The script is renamed."
        C: GETSCRIPT "b
        S: NO "This cannot be read as words, strings and numbers."
        C: GETSCRIPT "b\d"
        S: NO "This cannot be read as words, strings and numbers."
        C: GETSCRIPT b
        S: NO "GETSCRIPT wants other arguments."
        C: GETSCRIPT "b" "c"
        S: NO "GETSCRIPT wants other arguments."
        C: "GETSCRIPT" "b"
        S: NO "A command is expected here."
        C: LISTSCRIPTS "b"
        S: NO "LISTSCRIPTS wants other arguments."
        """
    )
    await client.send(b'GETSCRIPT "\xff\xfe"\r\n')
    await client.follow('S: NO "A name is UTF-8."')


async def test_commands_may_be_sent_ahead(server: Server):  # 1.2: answers come in order
    client = await server.signed_in()
    await client.send(
        b'PUTSCRIPT "a" "keep;"\r\nSETACTIVE "a"\r\nNOOP "1"\r\nLISTSCRIPTS\r\nNOOP "2"\r\n'
    )
    await client.follow(
        """
        S: OK "The script is saved."
        S: OK "Done."
        S: OK (TAG "1") {*}
        S: "a" ACTIVE
        S: OK
        S: OK (TAG "2") {*}
        """
    )


async def test_havespace(server: Server):  # 2.5
    await server.signed_in(
        """
        C: HAVESPACE "a" 0
        S: OK "There is room."
        C: HAVESPACE "a"
        S: NO {*}
        C: HAVESPACE "a" "12"
        S: NO {*}
        C: HAVESPACE "" 12
        S: NO "A script needs a name of at most 128 visible characters."
        C: HAVESPACE "a" 65536
        S: OK "There is room."
        C: HAVESPACE "a" 65537
        S: NO (QUOTA/MAXSIZE) {*}
        C: HAVESPACE "a" 99999999999
        S: NO {*}
        """
    )


async def test_putscript(server: Server):  # 2.6
    await server.signed_in(
        """
        C: PUTSCRIPT "a" {0+}
        C:
        S: OK "The script is saved."
        C: GETSCRIPT "a"
        S: {0}
        S:
        S: OK
        C: SETACTIVE "a"
        S: OK "Done."
        C: PUTSCRIPT "a" "discard;"
        S: OK "The script is saved."
        C: PUTSCRIPT "a" "nonsense;"
        S: NO {*}
        C: GETSCRIPT "a"
        S: {8}
        S: discard;
        S: OK
        C: LISTSCRIPTS
        S: "a" ACTIVE
        S: OK
        """
    )


async def test_all_that_is_announced_may_be_required(server: Server):  # 1.7: SIEVE
    client = await server.connect()
    await client.send(b"CAPABILITY\r\n")
    lines = [await client.line() for _ in range(8)]
    (announced,) = [line for line in lines if line.startswith('"SIEVE"')]
    names = announced.split('"')[3].split()
    assert {"envelope", "include", "editheader", "special-use", "vacation-seconds"} <= set(names)
    await client.follow(f'C: AUTHENTICATE "PLAIN" "{PLAIN}"\nS: OK "Welcome."')
    for name in [*names, "vnd.example.nonsense"]:
        # RFC 5703 7: one of them builds on others.
        others = ', "foreverypart", "variables"' if name == "extracttext" else ""
        script = f'require ["{name}"{others}];'.encode()
        await client.send(b"CHECKSCRIPT {%d+}\r\n%b\r\n" % (len(script), script))
        await client.follow("S: OK {*}" if name in names else "S: NO {*}")


async def test_setactive(server: Server):  # 2.8
    await server.signed_in(
        """
        C: SETACTIVE ""
        S: OK "Done."
        C: PUTSCRIPT "a" "keep;"
        S: OK {*}
        C: PUTSCRIPT "b" "keep;"
        S: OK {*}
        C: SETACTIVE "a"
        S: OK "Done."
        C: SETACTIVE "b"
        S: OK "Done."
        C: SETACTIVE "b"
        S: OK "Done."
        C: SETACTIVE "none"
        S: NO (NONEXISTENT) {*}
        C: LISTSCRIPTS
        S: "a"
        S: "b" ACTIVE
        S: OK
        """
    )


async def test_renamescript(server: Server):  # 2.11
    await server.signed_in(
        """
        C: PUTSCRIPT "a" "keep;"
        S: OK {*}
        C: RENAMESCRIPT "a" "a"
        S: NO (ALREADYEXISTS) {*}
        C: RENAMESCRIPT "a" ""
        S: NO {*}
        C: RENAMESCRIPT "a"
        S: NO {*}
        C: LISTSCRIPTS
        S: "a"
        S: OK
        """
    )


async def test_checkscript_leaves_everything_as_it_is(server: Server):  # 2.12
    client = await server.signed_in(
        """
        C: CHECKSCRIPT {5+}
        C: keep;
        S: OK "The script is right."
        C: CHECKSCRIPT "keep"
        S: NO {*}
        C: LISTSCRIPTS
        S: OK
        """
    )
    large = b"#" * 70_000
    await client.send(b"CHECKSCRIPT {%d+}\r\n%b\r\n" % (len(large), large))
    await client.follow("S: NO (QUOTA/MAXSIZE) {*}")


async def test_scripts_that_include_others(server: Server):  # RFC 6609
    await server.signed_in(
        r"""
        C: PUTSCRIPT "main" "require \"include\"; include \"part\";"
        S: OK "The script is saved."
        C: SETACTIVE "main"
        S: NO "The active script could not go on: line 1, column 28: There is no script “part” {*}
        C: PUTSCRIPT "part" "keep;"
        S: OK "The script is saved."
        C: SETACTIVE "main"
        S: OK "Done."
        C: DELETESCRIPT "part"
        S: NO "The active script could not go on: {*}
        C: RENAMESCRIPT "part" "other"
        S: NO "The active script could not go on: {*}
        C: PUTSCRIPT "part" "require \"include\"; include \"part\";"
        S: NO "The active script could not go on: {*}
        C: GETSCRIPT "part"
        S: {5}
        S: keep;
        S: OK
        C: SETACTIVE ""
        S: OK "Done."
        C: DELETESCRIPT "part"
        S: OK "The script is deleted."
        """
    )


async def test_logout_and_silence_end_the_connection(serve: Serve):  # 2.3, 1.2
    server = await serve(limits={"before_sign_in": 0.05})
    client = await server.connect('C: LOGOUT\nS: OK "See you."')
    assert await client.ended()
    client = await server.connect('S: BYE "You have said nothing for too long."')
    assert await client.ended()
