"""How accounts stand, as lines for a person and as values for a program."""

from collections.abc import Sequence
from typing import Any

from posthouse.mail.accounts.model import FolderHealth, Health
from posthouse.mail.accounts.words import PLAIN


def line_of(health: Health) -> str:
    """An account, for a person."""
    counts = health.counts
    words = f"{health.address:<40} {health.state:<8} {counts.stored} of {counts.there} messages"
    if counts.failed or counts.filtered:
        words += f", {counts.failed} failed, {counts.filtered} left out"
    if health.error_kind is not None:
        words += f". {PLAIN[health.error_kind]} {health.error_said}".rstrip()
    return words


def folder_line(folder: FolderHealth) -> str:
    """A folder of it."""
    counts = folder.counts
    if not folder.mirrored:
        return f"  {folder.name:<38} not brought over: it shows mail of other folders"
    words = f"  {folder.name:<38} {counts.stored} of {counts.there}"
    if folder.parked:
        words += ", the server does not open it"
    return words + ("" if folder.complete else ", still being listed")


def told_of(health: Health) -> dict[str, Any]:
    """An account, for a program."""
    counts = health.counts
    return {
        "account_id": health.id,
        "mailbox_id": health.mailbox_id,
        "address": health.address,
        "kind": health.kind,
        "state": health.state,
        "error": health.error_kind,
        "said": health.error_said,
        "failures": health.failures,
        "behind": health.behind,
        "last_visit_at": health.last_visit_at,
        "history_done_at": health.history_done_at,
        "there": counts.there,
        "stored": counts.stored,
        "waiting": counts.waiting,
        "failed": counts.failed,
        "filtered": counts.filtered,
    }


def told_folders(folders: Sequence[FolderHealth]) -> list[dict[str, Any]]:
    """Its folders."""
    return [
        {
            "name": each.name,
            "mirrored": each.mirrored,
            "complete": each.complete,
            "parked": each.parked,
            "there": each.counts.there,
            "stored": each.counts.stored,
            "failed": each.counts.failed,
            "filtered": each.counts.filtered,
        }
        for each in folders
    ]
