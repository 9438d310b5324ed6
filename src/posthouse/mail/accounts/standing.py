"""How an account stands: in step, failing or locked, since when and why; when it is tried again.

A failing account is tried again ever more rarely; one whose sign-in is refused waits for a person,
and is tried a few times a day: some providers refuse for a while only.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Full
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import store, words
from posthouse.mail.accounts.errors import AccountError, SignInRefused, Throttled
from posthouse.mail.accounts.events import AccountBehind, AccountInStep, AccountLocked
from posthouse.mail.accounts.model import ErrorKind, State
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.accounts", "standing.sql")
BEHIND_AFTER = timedelta(hours=1)
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0
_LOCKED_PAUSE = 6 * 3600.0
_FULL_PAUSE = 900.0
# A wrong password is tried so often: the server may have been confused.
_REFUSALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """What a failure makes of an account, and in how many seconds it is tried again."""

    kind: ErrorKind
    said: str
    state: State
    failures: int
    pause: float


def setback(error: Exception, failures: int, chance: random.Random | None = None) -> Setback:
    """After `failures` others in a row."""
    failures += 1
    kind: ErrorKind = "full" if isinstance(error, Full) else words.kind_of(error)
    state: State = "failing"
    pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, 12), _LONGEST_PAUSE)
    if isinstance(error, SignInRefused) and (error.reason != "wrong" or failures >= _REFUSALS):
        state, pause = "locked", _LOCKED_PAUSE
    elif isinstance(error, Throttled):
        pause = min(max(pause, error.seconds), _LONGEST_PAUSE)
    elif isinstance(error, Full):
        pause = _FULL_PAUSE
    spread = (chance or random).uniform(0.8, 1.2)  # or all of a provider's come back at once
    return Setback(
        kind=kind,
        said=error.said if isinstance(error, AccountError) else "",
        state=state,
        failures=failures,
        pause=pause * spread,
    )


async def note_well(tx: Tx, account_id: UUID, *, lasting: bool) -> None:
    """In step. `lasting`: for long enough that failures before are forgotten."""
    was_told = await tx.value(
        SQL["note_well"], workspace_id=tx.workspace, id=account_id, lasting=lasting
    )
    if was_told:
        announce(tx, AccountInStep(account_id=account_id))


async def note_failure(tx: Tx, account_id: UUID, what: Setback, *, was: State) -> None:
    """Announces AccountLocked when it was not locked before."""
    keys = await keyring(tx)
    said = keys.encrypt("linked_accounts", "error_text", account_id, what.said.encode())
    noted = await tx.execute(
        SQL["note_failure"],
        workspace_id=tx.workspace,
        id=account_id,
        state=what.state,
        error_kind=what.kind,
        error_text=said,
        failures=what.failures,
        now=clock.now(),
    )
    if noted and what.state == "locked" and was != "locked":
        announce(tx, AccountLocked(account_id=account_id))


async def tell_behind(database: Database) -> int:
    """Announce accounts that have not been in step for an hour; each once."""
    now = clock.now()
    before = now - BEHIND_AFTER
    async with database.system() as tx:
        workspaces = await store.workspaces_with_accounts(tx)
    count = 0
    for workspace_id in workspaces:
        async with database.workspace(workspace_id) as tx:
            for told in await tx.rows(
                SQL["tell_behind"], workspace_id=tx.workspace, now=now, before=before
            ):
                announce(tx, AccountBehind(account_id=told["id"]))
                count += 1
    return count
