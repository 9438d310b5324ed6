"""Clients of someone else's making against our listeners: smtplib, swaks, smtp-source."""

import asyncio
import shutil
import smtplib
import ssl

import pytest

from posthouse.servers.smtp.tests.town import ANNA, PASSWORD

MESSAGE = "From: anna@example.org\r\nSubject: x\r\n\r\n.dot\r\n..two\r\n中\r\n".encode()


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def test_smtplib_at_the_mx(start, town):
    listener = await start()

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=10) as client:
            client.starttls(context=unverified())
            recipients = [ANNA, "no@example.org"]
            return client.sendmail("c@c.example", recipients, MESSAGE, ["BODY=8BITMIME"])

    refused = await asyncio.to_thread(send)
    assert refused == {"no@example.org": (550, b"5.1.1 No such mailbox here.")}
    assert town.contents == [MESSAGE]
    assert b"with ESMTPS" in town.kept[0].raw


async def test_smtplib_signs_in(start, town):
    submission = await start("submission")
    submissions = await start("submissions")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", submission.port, timeout=10) as client:
            with pytest.raises(smtplib.SMTPNotSupportedError):
                client.login(ANNA, PASSWORD)
            client.starttls(context=unverified())
            client.login(ANNA, PASSWORD)
            client.sendmail(ANNA, ["x@far.example"], MESSAGE)
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.sendmail("boss@example.org", ["x@far.example"], MESSAGE)
        with smtplib.SMTP_SSL(
            "127.0.0.1", submissions.port, context=unverified(), timeout=10
        ) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login(ANNA, "wrong")
            client.login(ANNA, PASSWORD)
            client.sendmail(ANNA, ["x@far.example"], MESSAGE)

    await asyncio.to_thread(send)
    assert town.contents == [MESSAGE, MESSAGE]
    assert [envelope.session.member for envelope in town.kept] == [ANNA, ANNA]
    assert b"with ESMTPSA" in town.kept[0].raw


async def run(*command: str) -> tuple[int, str]:
    program = shutil.which(command[0], path="/usr/bin:/usr/sbin")
    assert program, f"{command[0]} is missing: make setup-tests installs it"
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode("utf-8", "replace")


@pytest.mark.interop
@pytest.mark.parametrize("options", [[], ["--tls"]])
async def test_swaks_at_the_mx(start, town, options):
    listener = await start()
    to = ["--server", f"127.0.0.1:{listener.port}", "--from", "c@c.example"]
    code, output = await run("swaks", *to, "--to", ANNA, "--pipeline", *options)
    assert code == 0, output
    assert "Filed as" in output
    code, output = await run("swaks", *to, "--to", "no@example.org", *options)
    assert code != 0
    assert "550 5.1.1 No such mailbox here." in output
    assert len(town.kept) == 1
    assert (town.kept[0].session.tls is not None) is bool(options)


@pytest.mark.interop
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_swaks_signs_in(start, town, mechanism):
    for name, option in (("submission", "--tls"), ("submissions", "--tls-on-connect")):
        listener = await start(name)
        to = ["--server", f"127.0.0.1:{listener.port}", "--from", ANNA, "--to", "x@far.example"]
        auth = ["--auth", mechanism, "--auth-user", ANNA, "--auth-password"]
        code, output = await run("swaks", *to, option, *auth, PASSWORD)
        assert code == 0, output
        code, output = await run("swaks", *to, option, *auth, "wrong")
        assert "535 5.7.8" in output
    assert len(town.kept) == 2
    assert town.failures == [ANNA, ANNA]


@pytest.mark.interop
async def test_smtp_source_keeps_its_sessions(start, town):
    listener = await start()
    code, output = await run(
        "smtp-source",
        *("-c", "-d", "-s", "8", "-m", "400", "-l", "10240", "-f", "c@c.example", "-t", ANNA),
        f"127.0.0.1:{listener.port}",
    )
    assert code == 0, output
    assert len(town.kept) == 400
