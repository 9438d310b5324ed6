"""Erases what is due until it is killed: `python -m tests.support.erasing_process {…}`."""

import asyncio
import json
import sys
from pathlib import Path

from posthouse.foundation.db import open_database
from posthouse.mail.mailboxes import erasing
from posthouse.security.vault import BlobFiles
from posthouse.security.vault.erasing import erase_loose_blobs


async def main(dsn: str, folder: Path) -> None:
    """Small batches, so that a kill strikes between and inside them. No key is needed to erase."""
    database = await open_database(dsn)
    database.provide(BlobFiles(folder / "blobs"))
    erasing._BATCH = 2
    async with database.system():
        print("ready", flush=True)  # with a connection
    while True:
        await erasing.erase_due(database)
        await erase_loose_blobs(database)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    asyncio.run(main(given["dsn"], Path(given["folder"])))
