"""One pass over a POP3 account: list, bring what is new, delete there what may go.

A deletion is asked for only after our commit, and comes true only at QUIT: whatever breaks before
leaves everything at the server, and the ledger says what is here already.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import islice

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.accounts.bringing import Bringer
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.headers import header_digest
from posthouse.mail.accounts.ledger import note_visit
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pop3.driver import Pop3Driver
from posthouse.mail.accounts.pop3.ledger import Ledger
from posthouse.mail.accounts.pop3.listing import attribute, hashed_headers
from posthouse.mail.accounts.pop3.matching import Attribution, Errand
from posthouse.mail.accounts.storing import Target
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.security.vault import keyring

_SLICE = 200
# From so many on worker processes take them apart.
_MUCH = 500
# The mailbox is locked meanwhile, for its owner's other programs too. What is left waits for the
# next session, which begins at once.
_MOST_BROUGHT = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What came of it; `unfinished`: there is more to bring at once."""

    stored: int
    deleted: int
    unfinished: bool


async def visit(
    database: Database,
    account: LinkedAccount,
    driver: Pop3Driver,
    hands: Hands,
    *,
    largest: int,
) -> Visited:
    """The whole session of `driver`, up to QUIT. Raises AccountError, Full."""
    async with database.workspace(account.workspace_id) as tx:
        ledger = await Ledger.open(tx, account, largest)
    return await _Visit(database, account, driver, hands, ledger).made()


class _Visit:
    def __init__(
        self,
        database: Database,
        account: LinkedAccount,
        driver: Pop3Driver,
        hands: Hands,
        ledger: Ledger,
    ) -> None:
        self._database = database
        self._account = account
        self._driver = driver
        self._hands = hands
        self._ledger = ledger
        self._bringer = Bringer(database, driver, hands)

    async def made(self) -> Visited:
        whose = await attribute(
            self._database, self._account.workspace_id, self._ledger, self._driver.session
        )
        if self._ledger.folder.complete and whose.count(Errand.FETCH) < _MUCH:
            await self._bring(whose, bulk=False)
        else:
            try:
                async with self._hands.much_to_do():
                    await self._bring(whose, bulk=True)
            finally:
                self._database.signals.send([BULK_OVER])
        visited = Visited(
            stored=self._bringer.stored,
            deleted=await self._delete(whose),
            unfinished=whose.count(Errand.FETCH) > 0,
        )
        async with self._transaction() as tx:
            await note_visit(tx, self._account.id, clock.now(), stored=visited.stored)
        return visited

    # -- bringing

    async def _bring(self, whose: Attribution, *, bulk: bool) -> None:
        todo = islice(whose.with_errand(Errand.FETCH), _MOST_BROUGHT)
        while numbers := list(islice(todo, _SLICE)):
            await self._bring_some(whose, numbers, bulk=bulk)

    async def _bring_some(self, whose: Attribution, numbers: Sequence[int], *, bulk: bool) -> None:
        numbers_of = {whose.uid(number): number for number in numbers}
        digests: dict[int, bytes] = {}

        def read(uid: int, raw: bytes) -> None:
            digests[uid] = header_digest(raw, whose.drop.size(numbers_of[uid]))

        self._driver.know(numbers_of, self._ledger.largest, read)
        async with self._transaction() as tx:
            waiting = await self._ledger.wanted(tx, list(numbers_of))
            # A folder may be deleted and made anew meanwhile; the Inbox is always there.
            inbox = await find_folder(tx, self._account.mailbox_id, "INBOX")
        target = Target(
            account=self._account, folder=self._ledger.folder, folder_id=inbox, names={}
        )
        try:
            await self._bringer.bring(target, waiting, bulk=bulk)
        finally:
            if digests:
                async with self._transaction() as tx:
                    await self._ledger.headers(tx, hashed_headers(await keyring(tx), digests))
        for number in numbers:
            whose.settle(number, self._ledger.errand_of_new)

    # -- deleting there

    async def _delete(self, whose: Attribution) -> int:
        """Ends the session; how many went. What is not stored here for good stays there."""
        due = whose.with_errand(Errand.DELETE)
        marked: list[int] = []
        while numbers := list(islice(due, _SLICE)):
            async with self._transaction() as tx:
                here = await self._ledger.stored(tx, [whose.uid(number) for number in numbers])
            theirs = [number for number in numbers if whose.uid(number) in here]
            marked += [whose.uid(n) for n in await self._driver.session.delete(theirs)]
        if not await self._driver.session.quit():
            # RFC 1939 6: some may be gone; the next list tells which.
            return 0
        for start in range(0, len(marked), _SLICE):
            async with self._transaction() as tx:
                await self._ledger.gone(tx, marked[start : start + _SLICE], "deleted")
        if marked:
            async with self._transaction() as tx:
                await self._ledger.counted(tx, whose.drop.count - len(marked))
        return len(marked)

    def _transaction(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)
