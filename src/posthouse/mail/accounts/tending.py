"""Keeping one account in step, by the kind of its server, for as long as nothing goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from posthouse.foundation.db import Database
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.keyed.drivers import CONNECTS
from posthouse.mail.accounts.keyed.visit import KeyedVisit
from posthouse.mail.accounts.keyed.watching import keep_watched
from posthouse.mail.accounts.model import Kind, LinkedAccount
from posthouse.mail.accounts.pop3.driver import connect_pop3
from posthouse.mail.accounts.pop3.visiting import visit
from posthouse.mail.accounts.visit import Visit

# All folders are looked at that often; the Inbox is watched in between.
ROUND_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What tending an account needs. `starting` lets a few sign in at a time; `well` is told after
    each round, and whether the connection has lasted.
    """

    database: Database
    account: LinkedAccount
    sign_in: SignIn
    outside: Outside
    hands: Hands
    largest: int
    starting: asyncio.Semaphore
    well: Callable[[bool], Awaitable[None]]


# Answers in how many seconds it is due again. Raises AccountError, Full.
Tend = Callable[[Scene], Awaitable[float]]


async def tend_imap(scene: Scene) -> float:
    """Over one connection, which stays; never returns."""
    async with scene.starting:
        driver = await connect_imap(scene.sign_in, scene.outside)
    try:
        visit = Visit(scene.database, driver, scene.account, scene.hands, largest=scene.largest)
        lasting = False
        while True:
            await visit.run()
            await scene.well(lasting)
            await visit.watch(ROUND_SECONDS)
            lasting = True
    finally:
        await driver.close()


async def tend_pop3(scene: Scene) -> float:
    """A session; the next one after a while, for POP3 does not tell of what comes, and the server
    locks its mailbox meanwhile.
    """
    async with scene.starting:
        driver = await connect_pop3(scene.sign_in, scene.outside)
    try:
        visited = await visit(
            scene.database, scene.account, driver, scene.hands, largest=scene.largest
        )
    finally:
        await driver.close()
    await scene.well(True)
    return 0.0 if visited.unfinished else driver.abilities.poll_seconds


async def tend_keyed(scene: Scene) -> float:
    """Rounds of everything; in between, what the service tells of. Never returns."""
    async with scene.starting:
        driver = await CONNECTS[scene.account.kind](scene.sign_in, scene.outside)
    traits, loop = driver.traits, asyncio.get_running_loop()
    try:
        visit = KeyedVisit(
            scene.database, driver, scene.account, scene.hands, largest=scene.largest
        )
        lasting = False
        with visit.listening():
            while True:
                # Asked for before everything is read: what happens in between is told.
                is_told = await keep_watched(scene.database, driver, scene.account)
                await visit.run()
                await scene.well(lasting)
                lasting = True
                end = loop.time() + (traits.trusted_seconds if is_told else traits.poll_seconds)
                while (left := end - loop.time()) > 0 and await visit.watch(left):
                    await keep_watched(scene.database, driver, scene.account)
    finally:
        await driver.close()


TENDS: Mapping[Kind, Tend] = {
    "imap": tend_imap,
    "pop3": tend_pop3,
    **dict.fromkeys(CONNECTS, tend_keyed),
}
