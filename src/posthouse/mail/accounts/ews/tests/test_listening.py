"""News over a stream, and what happens when there is none."""

import asyncio
import time

from posthouse.mail.accounts.ews.driver import EwsDriver, connect_ews
from posthouse.mail.accounts.ews.listening import Listener
from tests.support.ews_server import EwsServer, code, http

MAIL = b"Subject: a\r\n\r\nb"


async def listening(server: EwsServer) -> EwsDriver:
    """Its first news, that nobody knows what was before, is heard already."""
    driver = await connect_ews(server.sign_in(), server.outside())
    assert await driver.wait(10)
    return driver


async def test_new_mail_is_heard_at_once(server: EwsServer):
    driver = await listening(server)
    assert not await driver.wait(0.05)
    begun = time.monotonic()
    waiting = asyncio.create_task(driver.wait(10))
    await asyncio.sleep(0)
    server.mailbox.deliver(server.mailbox.make_folder("Anywhere"), MAIL)
    assert await waiting
    assert time.monotonic() - begun < 5
    await driver.close()


async def test_what_happens_between_two_waits_is_not_lost(server: EwsServer):
    driver = await listening(server)
    item = server.mailbox.deliver(server.mailbox.folder("inbox"), MAIL)
    assert await driver.wait(10)
    server.mailbox.change(server.mailbox.folder("inbox"), item.id, read=True)
    assert await driver.wait(10)
    assert await driver.folders()  # over the other connection
    await driver.close()
    assert server.connections == 2


async def test_a_stream_that_has_had_its_time_goes_on(server: EwsServer):
    driver = await listening(server)
    server.streams.opened.clear()
    server.streams.close()
    await server.streams.opened.wait()
    server.mailbox.deliver(server.mailbox.folder("inbox"), MAIL)
    assert await driver.wait(10)
    assert server.asked.count("Subscribe") == 1
    await driver.close()


async def test_a_lost_subscription_is_news(server: EwsServer, monkeypatch):
    """Nobody knows what was missed: whoever waits looks, and is heard for again."""
    monkeypatch.setattr("posthouse.mail.accounts.ews.listening._AGAIN_SECONDS", (0.01,))
    driver = await listening(server)
    server.streams.opened.clear()
    server.streams.forget()
    assert await driver.wait(10)
    await server.streams.opened.wait()
    await driver.wait(1)
    server.mailbox.deliver(server.mailbox.folder("inbox"), MAIL)
    assert await driver.wait(10)
    assert server.asked.count("Subscribe") == 2
    await driver.close()


async def test_a_server_without_streams_is_looked_at(server: EwsServer, monkeypatch):
    monkeypatch.setattr("posthouse.mail.accounts.ews.driver._STREAM_SECONDS", 0.2)
    server.faults.add("Subscribe", code("ErrorInvalidRequest"), times=99)
    driver = await connect_ews(server.sign_in(), server.outside())
    assert await driver.watch(None, b"") is None
    assert await driver.wait(0.01)
    await driver.close()


async def test_a_stream_that_says_nothing_is_none(server: EwsServer, monkeypatch):
    """A proxy in between may keep all answers back until the stream ends."""
    monkeypatch.setattr("posthouse.mail.accounts.ews.driver._STREAM_SECONDS", 0.05)

    async def never(self: Listener) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Listener, "_listen", never)
    driver = await connect_ews(server.sign_in(), server.outside())
    assert await driver.watch(None, b"") is None
    assert await driver.wait(0.01)
    await driver.close()


async def test_a_watch_is_renewed_long_before_anything_ends(server: EwsServer):
    driver = await connect_ews(server.sign_in(), server.outside())
    watch = await driver.watch(None, b"")
    assert watch is not None
    assert watch.state == b""
    assert await driver.watch(None, watch.state) is not None
    assert server.asked.count("Subscribe") == 1
    await driver.close()
    await asyncio.wait_for(server.streams.ended.wait(), 10)


async def test_a_busy_server_is_not_asked_for_streams_again_and_again(server: EwsServer):
    server.faults.add("Subscribe", http(503, "Retry-After: 600"))
    driver = await connect_ews(server.sign_in(), server.outside())
    assert await driver.watch(None, b"") is None
    assert await driver.wait(0.01)
    await asyncio.sleep(0.05)
    assert server.asked.count("Subscribe") == 1
    await driver.close()
