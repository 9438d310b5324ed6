"""The statements of this room as functions. All are for system transactions; keys are encrypted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.security.certificates.model import Account, Pair, Problem, Wish
from posthouse.security.vault import Vault

SQL = load_queries("posthouse.security.certificates")


async def save_wish(
    tx: Tx, directory: str, trust: str | None, names: Sequence[str], now: datetime
) -> None:
    """Instead of the one before."""
    await tx.execute(SQL["wish"], directory=directory, trust=trust, names=list(names), now=now)


async def read_wish(tx: Tx) -> Wish | None:
    """What is wanted now."""
    row = await tx.row(SQL["read_wish"])
    return _wish(row) if row else None


async def take_wish(tx: Tx, now: datetime, until: datetime) -> Wish | None:
    """What is due, for us alone until then."""
    row = await tx.row(SQL["take_wish"], now=now, until=until)
    return _wish(row) if row else None


async def wish_granted(tx: Tx, wish: Wish, due_at: datetime) -> bool:
    """False when something else is wanted by now."""
    return bool(await tx.execute(SQL["wish_granted"], agreed_at=wish.agreed_at, due_at=due_at))


async def wish_refused(
    tx: Tx, wish: Wish, failures: int, problem: Problem, detail: str, due_at: datetime
) -> None:
    """To be tried again then."""
    await tx.execute(
        SQL["wish_refused"],
        agreed_at=wish.agreed_at,
        due_at=due_at,
        failures=failures,
        problem=problem.value,
        detail=detail,
    )


async def bring_forward(tx: Tx, due_at: datetime) -> bool:
    """False when nothing is wanted."""
    return bool(await tx.execute(SQL["bring_forward"], due_at=due_at))


async def forget_wish(tx: Tx) -> bool:
    """False when nothing was wanted."""
    return bool(await tx.execute(SQL["forget_wish"]))


async def read_account(tx: Tx, directory: str) -> Account | None:
    """Whom we are there, with the key opened."""
    row = await tx.row(SQL["read_account"], directory=directory)
    if row is None:
        return None
    vault = tx.database.service(Vault)
    key = vault.open_for_house("certificate_accounts", "key", row["id"], row["key"])
    return Account(key=key, url=row["url"])


async def save_account(tx: Tx, directory: str, account: Account) -> None:
    """With its key encrypted."""
    account_id = new_id()
    sealed = tx.database.service(Vault).seal_for_house(
        "certificate_accounts", "key", account_id, account.key
    )
    await tx.execute(
        SQL["save_account"], id=account_id, directory=directory, url=account.url, key=sealed
    )


async def newest_certificate(tx: Tx) -> Row | None:
    """id, directory, chain, key (encrypted: see `opened`), issued_at."""
    return await tx.row(SQL["newest_certificate"])


def opened(tx: Tx, row: Row) -> Pair:
    """A certificate with its key."""
    vault = tx.database.service(Vault)
    key = vault.open_for_house("certificates", "key", row["id"], row["key"])
    return Pair(chain=row["chain"].encode(), key=key)


async def save_certificate(tx: Tx, directory: str, pair: Pair, now: datetime) -> UUID:
    """Instead of those before, whose keys are gone with them."""
    certificate_id = new_id()
    sealed = tx.database.service(Vault).seal_for_house(
        "certificates", "key", certificate_id, pair.key
    )
    await tx.execute(
        SQL["insert_certificate"],
        id=certificate_id,
        directory=directory,
        chain=pair.chain.decode("ascii"),
        key=sealed,
        now=now,
    )
    await tx.execute(SQL["delete_other_certificates"], id=certificate_id)
    return certificate_id


async def save_challenges(tx: Tx, answers: Mapping[str, str], expires_at: datetime) -> None:
    """What the authority is to find."""
    for token, answer in answers.items():
        await tx.execute(SQL["insert_challenge"], token=token, answer=answer, expires_at=expires_at)


async def read_challenge(tx: Tx, token: str, now: datetime) -> str | None:
    """None when nobody was promised this."""
    found: str | None = await tx.value(SQL["read_challenge"], token=token, now=now)
    return found


async def delete_challenges(tx: Tx, tokens: Sequence[str], now: datetime) -> None:
    """These, and what has expired."""
    await tx.execute(SQL["delete_challenges"], tokens=list(tokens), now=now)


def _wish(row: Row) -> Wish:
    return Wish(
        directory=row["directory"],
        trust=row["trust"],
        names=tuple(row["names"]),
        agreed_at=row["agreed_at"],
        due_at=row["due_at"],
        tried_at=row["tried_at"],
        failures=row["failures"],
        problem=Problem(row["problem"]) if row["problem"] else None,
        detail=row["detail"],
    )
