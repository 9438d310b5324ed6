"""An outbox worker in a process of its own, to be killed. Arguments come as JSON on argv[1].

Leases are short, so that a test need not wait half a minute for what a killed worker had in hand.
"""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Intake
from posthouse.protocols.dns import CachingResolver
from posthouse.security.vault import BlobFiles, Vault
from posthouse.sending.outbox import worker
from posthouse.sending.outbox.return_path import return_path_route


def make_intake(database: Database) -> Intake:
    resolver = database.service(CachingResolver)
    return Intake(database, resolver, "mail.acme.example", (return_path_route,))


async def main(given: dict[str, Any]) -> None:
    database = await open_database(given["dsn"], pool_size=4)
    settings = Settings(data=Path(given["folder"]))
    database.provide(replace(settings, hostname="mail.acme.example", mx_port=given["mx_port"]))
    database.provide(Vault(bytes.fromhex(given["key"])))
    database.provide(BlobFiles(Path(given["folder"]) / "blobs"))
    database.provide(open_resolver(given["resolver"]))
    worker._LEASE = timedelta(seconds=1)
    worker._RENEW_SECONDS = 0.3
    serve = worker.outbox_role(make_intake)
    await serve(database, asyncio.Event(), lambda: print("ready", flush=True))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
