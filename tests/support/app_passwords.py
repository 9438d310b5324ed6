"""App passwords for the doors' tests."""

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.security import members
from posthouse.security.members import Actor

Revoke = Callable[[], Coroutine[Any, Any, None]]


async def make_app_password(
    house: Database, workspace_id: UUID, member_id: UUID, *protocols: str
) -> tuple[str, Revoke]:
    """The word of a new one, and what revokes it."""
    async with house.workspace(workspace_id) as tx:
        made, word = await members.add_app_password(tx, member_id, "Phone", protocols)

    async def revoke() -> None:
        async with house.workspace(workspace_id) as tx:
            await members.revoke_app_password(tx, member_id, made)

    return word, revoke


async def require_app_passwords(house: Database, workspace_id: UUID) -> None:
    """Nothing else signs mail programs in."""
    async with house.workspace(workspace_id) as tx:
        await members.require_app_passwords(tx, Actor.system(workspace_id), True)
