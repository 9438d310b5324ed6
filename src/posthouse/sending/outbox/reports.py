"""What servers said about a recipient, encrypted for its row, and what it means."""

from uuid import UUID

import msgspec

from posthouse.protocols.dsn.model import Reason
from posthouse.protocols.dsn.read import reply_in
from posthouse.protocols.dsn.reasons import reason_of
from posthouse.security.vault import Keyring
from posthouse.sending.outbox.model import Trouble

_LONGEST = 2000


def seal_report(
    keys: Keyring,
    recipient_id: UUID,
    *,
    reply: str,
    host: str,
    reason: str = "",
    trouble: str = "",
) -> bytes:
    """The last reply and who gave it; `reason` where more than the reply told it; `trouble` with
    the relay.
    """
    said = {"reply": reply[:_LONGEST], "host": host, "reason": reason, "trouble": trouble}
    value = msgspec.json.encode(said)
    return keys.encrypt("outbox_recipients", "report", recipient_id, value)


def open_report(keys: Keyring, recipient_id: UUID, report: bytes | None) -> dict[str, str]:
    """What `seal_report` was given; nothing for None."""
    if report is None:
        return {}
    value = keys.decrypt("outbox_recipients", "report", recipient_id, report)
    return msgspec.json.decode(value, type=dict[str, str])


def trouble_in(report: dict[str, str]) -> Trouble | None:
    """What is wrong with the relay, if it was that."""
    said = report.get("trouble")
    return Trouble(said) if said else None


def reason_in(report: dict[str, str], status: str) -> Reason | None:
    """Why it failed or waits: what a bounce told, or what the reply says; None without a reply."""
    reply = report.get("reply", "")
    if not reply:
        return None
    said = report.get("reason")
    return Reason(said) if said else reason_of(reply, status, reply_in(reply))
