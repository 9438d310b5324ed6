"""Trying an account before anything is kept: how far we get, and what stopped us."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from posthouse.mail.accounts.driver import Connect, Driver, Outside, SignIn
from posthouse.mail.accounts.errors import AccountError, Forbidden, Unreachable, Untrusted
from posthouse.mail.accounts.keyed.driver import ConnectKeyed, KeyedDriver
from posthouse.mail.accounts.model import ErrorKind, RemoteFolder
from posthouse.mail.accounts.outgoing import try_sending
from posthouse.mail.accounts.words import kind_of

StepName = Literal["reach", "certificate", "sign_in", "folders", "sending"]
Outcome = Literal["done", "failed", "skipped"]

# A little less than proxies in front of us wait for an answer.
_SECONDS = 50.0
_INCOMING: tuple[StepName, ...] = ("reach", "certificate", "sign_in", "folders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a step went; with what is wrong, and the server's own words."""

    name: StepName
    outcome: Outcome
    error: ErrorKind | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All steps in their order. `folders` are those that were seen, `messages` how many the inbox
    has, as far as the server tells.
    """

    steps: tuple[Step, ...]
    folders: tuple[str, ...] = ()
    messages: int | None = None

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        return all(step.outcome != "failed" for step in self.steps)

    @property
    def signed_in(self) -> bool:
        """Nothing but sending failed."""
        return all(step.outcome != "failed" or step.name == "sending" for step in self.steps)


async def check(connect: Connect | ConnectKeyed, sign_in: SignIn, outside: Outside) -> Checked:
    """Sign in, look at the folders, and sign in where mail is sent; nothing is changed there. A
    service with keys sends by itself.

    Where the password is refused it is not tried a second time: providers lock accounts.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            driver = await connect(sign_in, outside)
    except TimeoutError:
        return _stopped("reach", Unreachable("The server does not answer."), sign_in)
    except AccountError as error:
        return _stopped(_stage_of(error), error, sign_in)
    try:
        async with asyncio.timeout(_SECONDS):
            folders = await driver.folders()
            messages = await _messages(driver, folders)
    except (AccountError, TimeoutError) as error:
        return _stopped("folders", error, sign_in)
    finally:
        await driver.close()
    return Checked(
        steps=(*_until("sending", sign_in), await _sending(driver, sign_in, outside)),
        folders=tuple(folder.name for folder in folders if folder.selectable),
        messages=messages,
    )


async def _messages(driver: Driver | KeyedDriver, folders: list[RemoteFolder]) -> int | None:
    inbox = [each for each in folders if each.name.upper() == "INBOX"][:1]
    with suppress(AccountError):
        if isinstance(driver, KeyedDriver):
            return next(iter((await driver.counts([each.wire for each in inbox])).values()), None)
        for status in await driver.status(inbox):
            return status.exists
    return None


async def _sending(driver: Driver | KeyedDriver, sign_in: SignIn, outside: Outside) -> Step:
    if isinstance(driver, KeyedDriver):
        return Step(name="sending", outcome="done")
    servers, secret = sign_in.servers, sign_in.secret
    if servers.outgoing is None:
        return Step(name="sending", outcome="skipped")
    try:
        await try_sending(
            outside,
            servers.outgoing,
            servers.outgoing_login or servers.login,
            secret.outgoing_password or secret.password,
            await sign_in.token() if sign_in.token else "",
        )
    except AccountError as error:
        return _failed("sending", error)
    return Step(name="sending", outcome="done")


def _stopped(name: StepName, error: Exception, sign_in: SignIn) -> Checked:
    """Everything before is done, everything behind was not tried."""
    behind = (*_INCOMING[_INCOMING.index(name) + 1 :], "sending")
    return Checked(
        steps=(
            *_until(name, sign_in),
            _failed(name, error),
            *(Step(name=each, outcome="skipped") for each in behind),
        )
    )


def _until(name: StepName, sign_in: SignIn) -> list[Step]:
    done = _INCOMING if name == "sending" else _INCOMING[: _INCOMING.index(name)]
    in_clear = sign_in.servers.incoming.security == "plain"
    return [
        Step(name=each, outcome="skipped" if in_clear and each == "certificate" else "done")
        for each in done
    ]


def _stage_of(error: AccountError) -> StepName:
    if isinstance(error, Untrusted):
        return "certificate"
    return "reach" if isinstance(error, Unreachable | Forbidden) else "sign_in"


def _failed(name: StepName, error: Exception) -> Step:
    kind: ErrorKind = "unreachable" if isinstance(error, TimeoutError) else kind_of(error)
    said = error.said if isinstance(error, AccountError) else ""
    return Step(name=name, outcome="failed", error=kind, said=said)
