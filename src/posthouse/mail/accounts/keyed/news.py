"""Waking whoever keeps an account in step, in any process, when its service tells of news."""

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.mail.accounts.model import Kind


def topic(account_id: UUID) -> str:
    """What its visit listens to."""
    return f"news:{account_id}"


def topic_of(kind: Kind, address: str) -> str:
    """The same for services that name the address alone: it may be linked in several workspaces."""
    return f"news:{kind}:{sha256(address.casefold().encode()).hexdigest()}"


def tell_news(database: Database, account_ids: Iterable[UUID]) -> None:
    """Something happened there. Losing it costs time until the next poll, nothing else."""
    database.signals.send([topic(each) for each in account_ids])


def tell_address(database: Database, kind: Kind, address: str) -> None:
    """As `tell_news`, for whatever is linked to that address."""
    database.signals.send([topic_of(kind, address)])
