"""Which workspace runs the house: the first one. Its administrators see to what all share."""

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Denied
from posthouse.security.members import store
from posthouse.security.members.model import Actor


async def runs_house(tx: Tx) -> bool:
    """Whether the transaction's workspace does."""
    return await store.house_workspace(tx) == tx.workspace


async def require_house_admin(database: Database, actor: Actor) -> None:
    """Raises Denied for everybody else."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        if not await runs_house(tx):
            raise Denied("Only an administrator of the workspace that runs this house may do this.")
