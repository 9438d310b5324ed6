"""Taking the empty house: whoever can read its log, once, and no stranger who found its page."""

import base64
import hmac

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Conflict, Denied
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.personal import give_mailbox
from posthouse.security.members import Actor, create_workspace, runs_house
from posthouse.security.vault import Vault

SQL = load_queries("posthouse.mail.setup")
# 80 bits are not guessed, and can be typed from a screen: four groups of four.
_CODE_BYTES = 10
_GROUP = 4


async def is_taken(database: Database) -> bool:
    """Whether there is a workspace already."""
    async with database.system() as tx:
        row = await tx.row(SQL["is_taken"])
    assert row is not None
    return bool(row["taken"])


def setup_code(database: Database) -> str:
    """What proves that somebody runs this machine. It is worth nothing once the house is taken.

    From the master key, so that all processes know the same one and none has to keep it.
    """
    hostname = database.service(Settings).hostname.encode()
    secret = database.service(Vault).hash_for_house("setup code", hostname, _CODE_BYTES)
    code = base64.b32encode(secret).decode()
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def setup_link(database: Database) -> str:
    """Where to go with the code. It stands behind a #: browsers keep that to themselves."""
    settings = database.service(Settings)
    base = settings.public_url or _own_address(settings)
    return f"{base.rstrip('/')}/setup#{setup_code(database)}"


async def claim(
    database: Database,
    code: str,
    *,
    workspace: str,
    domain: str,
    address: str,
    password: str,
    name: str = "",
    language: str = "en",
    time_zone: str = "UTC",
) -> Actor:
    """The first workspace with its domain and its administrator, who is answered.

    Raises Conflict when the house is taken, Denied for a wrong code, Invalid.
    """
    if await is_taken(database):
        raise Conflict("This house has been set up already. Sign in.")
    if not hmac.compare_digest(_plain(code), _plain(setup_code(database))):
        raise Denied("This is not the code that Posthouse has printed.", field="code")

    async def furnish(tx: Tx, actor: Actor) -> None:
        if not await runs_house(tx):
            raise Conflict("Somebody else has just set up this house. Sign in.")
        await give_mailbox(tx, actor)

    return await create_workspace(
        database,
        workspace,
        domain,
        address,
        password,
        admin_name=name,
        language=language,
        time_zone=time_zone,
        then=furnish,
    )


def _own_address(settings: Settings) -> str:
    host, port = settings.listener("http") or ("localhost", 8025)
    if host in ("0.0.0.0", "::"):
        host = settings.hostname
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _plain(code: str) -> bytes:
    """As it was meant: people leave the hyphens out and type small letters."""
    return "".join(each for each in code if each.isalnum()).upper().encode()
