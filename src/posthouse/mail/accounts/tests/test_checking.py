"""Trying an account: each step can be the one that fails, and says why."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from posthouse.mail.accounts.checking import Checked, check
from posthouse.mail.accounts.driver import Driver, Outside, SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Forbidden,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.model import FolderStatus, RemoteFolder, Secret, Server, Servers
from posthouse.protocols.dns import CachingResolver
from tests.support.dns_zones import ZoneResolver
from tests.support.ports import free_port
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.scripted_web import scripted_web

NAMES = ("INBOX", "已发送", "Archive")
LETS_IN = {"ehlo": "250-smtp\r\n250 AUTH PLAIN", "mail": "235 2.7.0 welcome"}


@dataclass
class Incoming:
    """A driver that sees some folders, or fails."""

    at_once: AccountError | None = None
    folders_fail: AccountError | None = None
    closed: bool = False

    async def connect(self, sign_in: SignIn, outside: Outside) -> Driver:
        if self.at_once is not None:
            raise self.at_once
        return cast(Driver, self)

    async def folders(self) -> list[RemoteFolder]:
        if self.folders_fail is not None:
            raise self.folders_fail
        seen = [RemoteFolder(wire=name.encode(), levels=(name,)) for name in NAMES]
        return [*seen, RemoteFolder(wire=b"[Gmail]", levels=("[Gmail]",), selectable=False)]

    async def status(self, folders: list[RemoteFolder]) -> list[FolderStatus]:
        return [
            FolderStatus(wire=each.wire, uid_validity=1, uid_next=8, exists=7) for each in folders
        ]

    async def close(self) -> None:
        self.closed = True


@dataclass
class Scene:
    """An account whose outgoing server is on this machine."""

    outside: Outside
    sign_in: SignIn
    mx: ScriptedMx

    async def check(self, incoming: Incoming) -> Checked:
        return await check(incoming.connect, self.sign_in, self.outside)

    def sends_by(self, **changes: Any) -> None:
        servers = self.sign_in.servers
        assert servers.outgoing is not None
        outgoing = replace(servers.outgoing, **changes)
        self.sign_in = replace(self.sign_in, servers=replace(servers, outgoing=outgoing))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(scripted_web(tmp_path))
        mx = ScriptedMx(says=dict(LETS_IN), tls=web.server_side())
        port = free_port()
        await stack.enter_async_context(serving(mx, port))
        servers = Servers(
            incoming=Server(host="imap.provider.example", port=993),
            outgoing=Server(host="localhost", port=port, security="starttls"),
            login="anna@provider.example",
        )
        yield Scene(
            outside=Outside(
                resolver=cast(CachingResolver, ZoneResolver({})),
                tls=web.trusting(),
                private_hosts=True,
            ),
            sign_in=SignIn(
                kind="imap",
                address="anna@provider.example",
                servers=servers,
                secret=Secret(password="the-horses"),
            ),
            mx=mx,
        )


def outcomes(checked: Checked) -> dict[str, str]:
    return {step.name: step.error or step.outcome for step in checked.steps}


async def test_everything_works(scene: Scene):
    incoming = Incoming()
    checked = await scene.check(incoming)
    assert set(outcomes(checked).values()) == {"done"}
    assert (checked.ok, checked.folders, checked.messages) == (True, NAMES, 7)
    assert incoming.closed
    assert scene.mx.taken == []


@pytest.mark.parametrize(
    ("error", "step", "kind"),
    [
        (Unreachable("no"), "reach", "unreachable"),
        (Forbidden("no"), "reach", "forbidden"),
        (Untrusted("no"), "certificate", "untrusted"),
        (SignInRefused("no"), "sign_in", "wrong"),
        (SignInRefused("no", reason="code"), "sign_in", "code"),
        (Throttled("later", seconds=5), "sign_in", "throttled"),
        (Broken("?"), "sign_in", "broken"),
    ],
)
async def test_where_it_stops(scene: Scene, error: AccountError, step: str, kind: str):
    error.said = "said there"
    checked = await scene.check(Incoming(at_once=error))
    names = [each.name for each in checked.steps]
    assert names == ["reach", "certificate", "sign_in", "folders", "sending"]
    at = next(index for index, name in enumerate(names) if name == step)
    assert [each.outcome for each in checked.steps] == [
        *["done"] * at,
        "failed",
        *["skipped"] * (4 - at),
    ]
    assert (checked.steps[at].error, checked.steps[at].said) == (kind, "said there")
    assert not checked.ok
    assert scene.mx.connections == 0  # a password that was refused is not tried twice


async def test_folders_that_cannot_be_listed(scene: Scene):
    incoming = Incoming(folders_fail=Refused("no"))
    checked = await scene.check(incoming)
    assert outcomes(checked)["folders"] == "refused"
    assert incoming.closed


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"mail": "535 5.7.8 wrong"}, "wrong"),
        ({"mail": "534 5.7.9 Application-specific password required"}, "code"),
        ({"mail": "454 4.7.0 later"}, "throttled"),
        ({"greeting": "421 4.3.2 too many"}, "throttled"),
        ({"greeting": "554 5.7.1 not you"}, "refused"),
        ({"greeting": "hello"}, "broken"),
        ({"ehlo": "250-smtp\r\n250 PIPELINING"}, "refused"),
        ({"ehlo": "250-smtp\r\n250 AUTH XOAUTH2"}, "consent"),
    ],
)
async def test_sending_that_fails(scene: Scene, says: dict[str, str], kind: str):
    scene.mx.says.update(says)
    checked = await scene.check(Incoming())
    assert outcomes(checked) == {
        "reach": "done",
        "certificate": "done",
        "sign_in": "done",
        "folders": "done",
        "sending": kind,
    }


BY_TOKEN = "250-smtp\r\n250 AUTH LOGIN XOAUTH2"


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"ehlo": BY_TOKEN, "mail": "235 2.7.0 welcome"}, "done"),
        ({"ehlo": "250-smtp\r\n250 AUTH OAUTHBEARER", "mail": "235 2.7.0 welcome"}, "done"),
        ({"ehlo": BY_TOKEN, "mail": "535 5.7.3 Authentication unsuccessful"}, "consent"),
        (
            {
                "ehlo": BY_TOKEN,
                # aka.ms/smtp_auth_disabled
                "mail": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is"
                " disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled",
            },
            "switched_off",
        ),
        ({"ehlo": BY_TOKEN, "mail": "454 4.7.0 later"}, "throttled"),
        ({"ehlo": "250-smtp\r\n250 AUTH PLAIN"}, "refused"),
    ],
)
async def test_sending_by_consent(scene: Scene, says: dict[str, str], kind: str):
    async def token() -> str:
        return "the-access-token"

    scene.sign_in = replace(scene.sign_in, secret=Secret(password=""), token=token)
    scene.mx.says.update(says)
    assert outcomes(await scene.check(Incoming()))["sending"] == kind


async def test_sending_without_tls_is_not_signed_in_to(scene: Scene):
    scene.mx.tls = None
    checked = await scene.check(Incoming())
    assert outcomes(checked)["sending"] == "unreachable"
    scene.sends_by(security="plain")
    assert (await scene.check(Incoming())).ok


async def test_sending_with_a_stranger(scene: Scene):
    scene.sends_by(host="127.0.0.1")  # whose certificate says another name
    assert outcomes(await scene.check(Incoming()))["sending"] in ("untrusted", "unreachable")


async def test_nobody_answers_where_mail_is_sent(scene: Scene):
    scene.sends_by(port=free_port())
    assert outcomes(await scene.check(Incoming()))["sending"] == "unreachable"


async def test_without_an_outgoing_server(scene: Scene):
    servers = replace(scene.sign_in.servers, outgoing=None)
    scene.sign_in = replace(scene.sign_in, servers=servers)
    checked = await scene.check(Incoming())
    assert outcomes(checked)["sending"] == "skipped"
    assert checked.ok


async def test_in_the_clear_there_is_no_certificate(scene: Scene):
    servers = scene.sign_in.servers
    incoming = replace(servers.incoming, security="plain")
    scene.sign_in = replace(scene.sign_in, servers=replace(servers, incoming=incoming))
    assert outcomes(await scene.check(Incoming()))["certificate"] == "skipped"
