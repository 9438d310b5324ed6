"""A process that follows rules of retention two days from now, message by message; it is killed."""

import asyncio
import os
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import open_database
from posthouse.mail.mailboxes.changing import take_out
from posthouse.mail.retention import jobs


async def main() -> None:
    """Say so when the second batch begins, then go on."""
    later = clock.now() + timedelta(days=2)
    clock.hold(lambda: later)
    jobs._BATCH = 1
    plain, count = take_out, 0

    async def told(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 2:
            print("sweeping", flush=True)
        return await plain(*arguments)  # type: ignore[arg-type]

    vars(jobs)["take_out"] = told
    database = await open_database(os.environ["POSTHOUSE_TEST_DSN"])
    await jobs.sweep(database)


if __name__ == "__main__":
    asyncio.run(main())
