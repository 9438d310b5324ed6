"""What members set for themselves."""

from typing import Any

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.security.members import store
from posthouse.security.members.model import (
    Actor,
    MemberSettings,
    checked_language,
    checked_time_zone,
)
from posthouse.security.vault import keyring

_LARGEST_PREFERENCES = 16 * 1024  # bytes of JSON
_LARGEST_SIGNATURE = 256 * 1024


async def read_settings(tx: Tx, actor: Actor) -> MemberSettings:
    """The actor's own settings. Raises NotFound for an actor who is no member."""
    row = await store.read_settings(tx, actor.member_id)
    if row is None:
        raise NotFound("There is no such member.")
    signature = ""
    if row["signature"] is not None:
        keys = await keyring(tx)
        signature = keys.decrypt("members", "signature", actor.member_id, row["signature"]).decode()
    return MemberSettings(
        name=row["name"],
        language=row["language"],
        time_zone=row["time_zone"],
        preferences=row["preferences"],
        signature=signature,
    )


async def change_settings(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    preferences: dict[str, Any] | None = None,
    signature: str | None = None,
) -> MemberSettings:
    """Change what is given; preferences are merged by their first level, None removes one.

    Raises Invalid naming the field.
    """
    before = await read_settings(tx, actor)
    after = MemberSettings(
        name=before.name if name is None else _checked_name(name),
        language=before.language if language is None else checked_language(language),
        time_zone=before.time_zone if time_zone is None else checked_time_zone(time_zone),
        preferences=_merged(before.preferences, preferences or {}),
        signature=before.signature if signature is None else _checked_signature(signature),
    )
    keys = await keyring(tx)
    await store.update_settings(
        tx,
        actor.member_id,
        name=after.name,
        language=after.language,
        time_zone=after.time_zone,
        preferences=after.preferences,
        signature=keys.encrypt("members", "signature", actor.member_id, after.signature.encode()),
    )
    return after


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 200 or not name.isprintable():
        raise Invalid("A name has 1 to 200 characters.", field="name")
    return name


def _checked_signature(signature: str) -> str:
    if len(signature.encode()) > _LARGEST_SIGNATURE:
        raise Invalid("The signature is too large.", field="signature")
    return signature


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in {**before, **changes}.items() if value is not None}
    if len(msgspec.json.encode(merged)) > _LARGEST_PREFERENCES:
        raise Invalid("The preferences are too large.", field="preferences")
    return merged
