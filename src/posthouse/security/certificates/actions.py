"""Asking for a certificate, obtaining it, and how it stands. The operator's own comes first."""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

from cryptography import x509

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import certificate_file
from posthouse.security.certificates import store
from posthouse.security.certificates.model import (
    Account,
    Failed,
    Pair,
    Problem,
    Shown,
    Wish,
    checked_names,
    directory_of,
    make_key,
    pause_after,
    read_certificate,
    renewal_due,
)

# Who waits for these looks again: listeners at what they show, the role at what is due.
CERTIFICATE_SIGNAL = "certificate"
WISH_SIGNAL = "certificate-wish"
# Longer than a conversation can take; who was killed in it keeps nobody waiting for longer.
_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is shown at this moment (`source`: given, issued or self-made), and what is wanted."""

    source: str
    shown: Shown
    covers_hostname: bool
    wish: Wish | None


async def read_standing(database: Database) -> Standing:
    """For who looks after the house. Raises Invalid when the operator's file holds none."""
    settings = database.service(Settings)
    async with database.system() as tx:
        wish = await store.read_wish(tx)
        newest = await store.newest_certificate(tx)
    source = "given" if settings.tls_certificate else "issued" if newest else "self-made"
    if source == "issued":
        assert newest is not None
        pem = newest["chain"].encode()
    else:
        pem = await asyncio.to_thread(_read, certificate_file(settings))
    shown = read_certificate(pem)
    return Standing(
        source=source, shown=shown, covers_hostname=shown.covers(settings.hostname), wish=wish
    )


async def ask_for(
    database: Database,
    authority: str,
    names: Sequence[str] = (),
    trust: str | None = None,
) -> Wish:
    """Want a certificate from now on; who asks has agreed to the authority's terms.

    Without `names` it is for the setting hostname. `trust` is the root of a private authority, as
    PEM. The role `certificates` obtains and renews it. Raises Invalid.
    """
    directory = directory_of(authority)
    if trust is not None:
        _check_trust(trust)
    wanted = checked_names(names or [database.service(Settings).hostname])
    async with database.system() as tx:
        await store.save_wish(tx, directory, trust, wanted, clock.now())
        wish = await store.read_wish(tx)
        tx.signal(WISH_SIGNAL)
    assert wish is not None
    return wish


async def renew_now(database: Database) -> None:
    """Whatever the pauses. Raises NotFound when no certificate is wanted."""
    async with database.system() as tx:
        if not await store.bring_forward(tx, clock.now()):
            raise NotFound("No certificate has been asked for.")
        tx.signal(WISH_SIGNAL)


async def stop_asking(database: Database) -> None:
    """Renew no more; what was issued is shown to its end and after. Raises NotFound."""
    async with database.system() as tx:
        if not await store.forget_wish(tx):
            raise NotFound("No certificate has been asked for.")


async def challenge_answer(database: Database, token: str) -> str | None:
    """What the authority is to find for a token (RFC 8555 8.3)."""
    async with database.system() as tx:
        return await store.read_challenge(tx, token, clock.now())


async def obtain_if_due(database: Database) -> bool | None:
    """Whether it went well; None when nothing was due, or somebody else is at it."""
    now = clock.now()
    async with database.system() as tx:
        wish = await store.take_wish(tx, now, now + _LEASE)
    if wish is None:
        return None
    try:
        chain, key = await _obtain(database, wish)
        shown = _read_issued(chain)
    except Failed as failed:
        await _record_failure(database, wish, failed)
        return False
    async with database.system() as tx:
        if await store.wish_granted(tx, wish, renewal_due(shown, None)):
            pair = Pair(chain=chain, key=key)
            await store.save_certificate(tx, wish.directory, pair, clock.now())
            tx.signal(CERTIFICATE_SIGNAL)
    return True


async def ask_when_to_renew(database: Database) -> int:
    """Renew earlier when the authority suggests it (RFC 9773): 1 when it does.

    It may have to revoke what it gave. An authority that does not answer changes nothing.
    """
    async with database.system() as tx:
        wish, newest = await store.read_wish(tx), await store.newest_certificate(tx)
        account = await store.read_account(tx, wish.directory) if wish else None
    if wish is None or newest is None or account is None or newest["directory"] != wish.directory:
        return 0
    conversation = await asyncio.to_thread(_conversation)
    chain = newest["chain"].encode()
    try:
        suggested = await asyncio.to_thread(
            conversation.suggested_renewal, wish.directory, wish.trust, account, chain
        )
    except Failed:
        return 0
    due = renewal_due(read_certificate(chain), suggested)
    if due >= wish.due_at:
        return 0
    async with database.system() as tx:
        await store.bring_forward(tx, due)
        tx.signal(WISH_SIGNAL)
    return 1


async def _obtain(database: Database, wish: Wish) -> tuple[bytes, bytes]:
    """The chain and its key. Raises Failed."""
    async with database.system() as tx:
        account = await store.read_account(tx, wish.directory)
        newest = await store.newest_certificate(tx)
        # A renewal keeps the key, so that TLSA records that name it stay true (RFC 7672 3.1.1).
        kept = newest if newest and newest["directory"] == wish.directory else None
        key = store.opened(tx, kept).key if kept else make_key()
    conversation = await asyncio.to_thread(_conversation)
    signing_in = account or Account(key=make_key())
    order = await asyncio.to_thread(
        conversation.begin, wish.directory, wish.trust, signing_in, wish.names, key
    )
    async with database.system() as tx:
        if order.account != account:
            await store.save_account(tx, wish.directory, order.account)
        await store.save_challenges(tx, order.answers, clock.now() + _LEASE)
    try:
        return await asyncio.to_thread(conversation.finish, order, wish.trust), key
    finally:
        async with database.system() as tx:
            await store.delete_challenges(tx, list(order.answers), clock.now())


def _conversation() -> ModuleType:
    return importlib.import_module("posthouse.security.certificates.conversation")


def _read_issued(chain: bytes) -> Shown:
    try:
        return read_certificate(chain)
    except ValueError:
        raise Failed(Problem.AUTHORITY, "What it sent is no certificate.") from None


async def _record_failure(database: Database, wish: Wish, failed: Failed) -> None:
    failures = wish.failures + 1
    due_at: datetime = clock.now() + pause_after(failures, failed.problem)
    async with database.system() as tx:
        await store.wish_refused(tx, wish, failures, failed.problem, failed.detail, due_at)


def _read(file: Path) -> bytes:
    try:
        pem = file.read_bytes()
        read_certificate(pem)
    except (OSError, ValueError) as error:
        raise Invalid(f"The certificate {file} cannot be read: {error}") from None
    return pem


def _check_trust(pem: str) -> None:
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        raise Invalid("The authority's root is not a certificate in PEM.", field="trust") from None
