"""What servers said about a recipient, encrypted for its row."""

from uuid import UUID

import msgspec

from posthouse.security.vault import Keyring

_LONGEST = 2000


def seal_report(
    keys: Keyring, recipient_id: UUID, *, reply: str, host: str, reason: str = ""
) -> bytes:
    """The last reply and who gave it; `reason` where more than the reply told it."""
    value = msgspec.json.encode({"reply": reply[:_LONGEST], "host": host, "reason": reason})
    return keys.encrypt("outbox_recipients", "report", recipient_id, value)


def open_report(keys: Keyring, recipient_id: UUID, report: bytes | None) -> dict[str, str]:
    """What `seal_report` was given; nothing for None."""
    if report is None:
        return {}
    value = keys.decrypt("outbox_recipients", "report", recipient_id, report)
    return msgspec.json.decode(value, type=dict[str, str])
