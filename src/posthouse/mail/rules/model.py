"""Scripts of a mailbox, and letters that rules send."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from posthouse.foundation.errors import Invalid

# RFC 5804 1.3 wants the quota known before a script is sent.
MOST_SCRIPTS = 16
LARGEST_SCRIPT = 64 * 1024
TOPIC = "rules"

_LONGEST_NAME = 128  # RFC 5804 1.6
_REFUSED = frozenset("\u2028\u2029")

Kind = Literal["redirect", "vacation", "reject", "notify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptInfo:
    """A script without its text. `failure` is what went wrong when it ran last, if anything."""

    id: UUID
    name: str
    size: int
    active: bool
    changed_at: datetime
    failure: str | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script with its text."""

    info: ScriptInfo
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLetter:
    """One message that a rule sends. `mail_from` is "" for the null return path."""

    id: UUID
    mailbox_id: UUID
    kind: Kind
    mail_from: str
    recipient: str
    content: bytes


def script_name(name: str) -> str:
    """The name as it is kept: NFC. Raises Invalid for what RFC 5804 1.6 forbids."""
    name = unicodedata.normalize("NFC", name)
    controls = any(unicodedata.category(char) == "Cc" or char in _REFUSED for char in name)
    if not name.strip() or controls or len(name) > _LONGEST_NAME:
        raise Invalid("A script needs a name of at most 128 visible characters.", field="name")
    return name
