"""Changes as they are kept: fields with their values before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec


class Field(msgspec.Struct, frozen=True, array_like=True):
    """One field before and after, as text; None: there was nothing."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """One act on one record. `member_id` is None when mail itself caused it."""

    id: UUID
    record_id: UUID
    action: str
    member_id: UUID | None
    member_name: str | None
    changed_at: datetime
    fields: tuple[Field, ...]


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Field, ...]:
    """The fields that differ, in the order of `after`. Empty values count as nothing."""
    return tuple(
        Field(name, _text(before.get(name)), _text(value))
        for name, value in after.items()
        if _text(before.get(name)) != _text(value)
    )


def _text(value: object) -> str | None:
    if value is None or value in ("", ()):
        return None
    if isinstance(value, tuple):
        # Sets in disguise: another order is no change.
        return ", ".join(sorted(str(part) for part in value))
    return str(value)
