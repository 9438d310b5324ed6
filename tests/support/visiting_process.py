"""Visits to a linked account until it is killed: `python -m tests.support.visiting_process {…}`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from posthouse.mail.accounts import store
from posthouse.security.vault import Vault
from tests.support.dovecot import OldServer
from tests.support.house import Workspace, open_house
from tests.support.linked import Linked
from tests.support.postgres import FreshDatabase


def told(linked: Linked, dsn: str, key: bytes, folder: Path) -> str:
    """What `main` is given."""
    server = linked.server
    return json.dumps(
        {
            "dsn": dsn,
            "key": key.hex(),
            "folder": str(folder),
            "workspace": str(linked.workspace.id),
            "account": str(linked.account.id),
            "name": linked.name,
            "ports": [server.imap, server.imaps, server.pop3, server.pop3s],
            "files": [str(server.authority), str(server.shown), str(server.sasl)],
        }
    )


async def main(given: dict[str, Any]) -> None:
    """Say so when the first visit begins."""
    house = await open_house(FreshDatabase("", given["dsn"]), Path(given["folder"]))
    house.provide(Vault(bytes.fromhex(given["key"])))
    workspace = Workspace(UUID(given["workspace"]), "", UUID(int=0), "", UUID(int=0))
    async with house.workspace(workspace.id) as tx:
        account = await store.read_account(tx, UUID(given["account"]))
    server = OldServer(*given["ports"], *map(Path, given["files"]))
    linked = Linked(house, workspace, account, server, given["name"])
    print("ready", flush=True)
    while True:
        await linked.visit()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
