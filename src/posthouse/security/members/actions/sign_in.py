"""Signing in: by password, or by SCRAM in steps. What is wrong and what is unknown look alike."""

from dataclasses import replace
from hashlib import sha256
from typing import NoReturn
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Busy, Invalid, Unauthenticated
from posthouse.foundation.metrics import Counter
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.security.members import app_password_store, store
from posthouse.security.members.actions import app_sign_in
from posthouse.security.members.lockout import ADDRESS_FROM_NETWORK, Counters, counters
from posthouse.security.members.model import (
    ALL_SCOPES,
    APP_PASSWORD_SCOPES,
    Actor,
    Role,
    Scope,
    normal_address,
)
from posthouse.security.members.passwords import made_up_keys, verdict_on, verify_password
from posthouse.security.vault import Vault

_WRONG = "The address or the password is wrong."

SIGN_INS = Counter("posthouse_sign_ins_total", "Sign-ins tried.", ["protocol", "result"])


async def sign_in_with_password(
    database: Database, address: str, password: str, *, source: str, protocol: str
) -> Actor:
    """The member with this address and password. `source` is the client's IP address.

    App passwords are good for the protocols of mail programs. Raises Unauthenticated when address
    and password do not fit, WrongDoor when the password is not for `protocol`, Busy while locked
    out or when too many sign in.
    """
    known_as = _comparable(address)
    count = counters(known_as, source)
    async with database.system() as tx:
        found = await _look(tx, known_as, count)
        kept = await app_sign_in.find_by_word(tx, database, found, password, protocol)
        if kept is not None:
            return await _enter(tx, found, kept, count, source=source, protocol=protocol)
        verdict = verdict_on(found["argon2id"], known_as, password)
        # A forgotten phone repeats one wrong word from a network the member knows: no guess.
        repeated = verdict is False and found["network_known"]
        if verdict is not True and not repeated:
            # Before it is verified, so that a burst in parallel gains nothing.
            await _count_pair(tx, count)
    fresh = verdict is None
    if verdict is None:
        verdict = await verify_password(
            found["argon2id"], known_as, password, acquainted=found["network_known"]
        )
    if (verdict and (fresh or not found["network_known"])) or not (verdict or repeated):
        async with database.system() as tx:
            await (_welcome(tx, found, count) if verdict else _count_wide(tx, found, count))
    SIGN_INS.labels(protocol, "right" if verdict else "wrong").inc()
    if not verdict:
        raise Unauthenticated(_WRONG)
    app_sign_in.require_own_password(found, protocol)
    return _actor_with_password(found)


async def scram_credentials(database: Database, address: str, *, source: str) -> ScramKeys:
    """The SCRAM keys of `address`, those of its app passwords beside the member's own; made up,
    and never to be proved, when it cannot sign in.

    Follow with `actor_by_proof` when the client has proved itself, else with `note_failure`. Raises
    Busy while locked out.
    """
    known_as = _comparable(address)
    async with database.system() as tx:
        found = await _look(tx, known_as, counters(known_as, source))
        made_up = made_up_keys(found["salt_key"], known_as)
        if found["scram_salt"] is None:
            return made_up
        keys = await database.service(Vault).keyring_of(tx, found["workspace_id"])
        return ScramKeys(
            salt=found["scram_salt"],
            iterations=found["scram_iterations"],
            stored_key=found["scram_stored_key"],
            server_key=keys.decrypt(
                "members", "scram_server_key", found["member_id"], found["scram_server_key"]
            ),
            others=await app_sign_in.scram_keys_of(tx, keys, found),
        )


async def actor_by_proof(
    database: Database, address: str, *, which: str, source: str, protocol: str
) -> Actor:
    """The member who has proved by SCRAM to know the password `which` of `scram_credentials`.

    Raises Unauthenticated when it is gone meanwhile, WrongDoor when it is not for `protocol`.
    """
    known_as = _comparable(address)
    count = counters(known_as, source)
    async with database.system() as tx:
        found = await _find_member(tx, known_as, count)
        if which:
            kept = await app_sign_in.find_by_id(tx, found, which)
            if kept is None:
                raise Unauthenticated(_WRONG)
            return await _enter(tx, found, kept, count, source=source, protocol=protocol)
        await _welcome(tx, found, count)
    SIGN_INS.labels(protocol, "right").inc()
    app_sign_in.require_own_password(found, protocol)
    return _actor_with_password(found)


async def actor_of(database: Database, address: str) -> Actor:
    """The member with this address. Raises Unauthenticated when nobody signs in with it."""
    known_as = _comparable(address)
    async with database.system() as tx:
        return _actor_with_password(await _find_member(tx, known_as, counters(known_as, "")))


async def note_failure(database: Database, address: str, *, source: str, protocol: str) -> None:
    """A SCRAM exchange failed: count it like a wrong password."""
    known_as = _comparable(address)
    count = counters(known_as, source)
    async with database.system() as tx:
        found = await store.find_sign_in(tx, known_as, count, clock.now())
        await store.count_failure(tx, [(count.pair, ADDRESS_FROM_NETWORK)], clock.now())
        await _count_wide(tx, found, count)
    SIGN_INS.labels(protocol, "wrong").inc()


async def still_signed_in(tx: Tx, actor: Actor) -> bool:
    """Whether a mail program's conversation may go on: not for a member who was disabled since it
    signed in, nor on a password that was replaced, revoked, or is no longer one for mail programs.
    The signal `member:<id>` says when to ask.
    """
    if actor.app_password_id is not None:
        return await app_password_store.holds(tx, actor.member_id, actor.app_password_id)
    row = await store.read_password(tx, actor.member_id)
    if row is None or actor.password_mark is None:
        return row is not None
    return actor.password_mark == _mark(row["argon2id"]) and not row["app_passwords_required"]


async def sweep(database: Database) -> None:
    """Forget old failures, networks and ended sessions; once an hour is often enough."""
    async with database.system() as tx:
        await store.sweep(tx, clock.now())


def actor_from(
    row: Row, *, scopes: frozenset[Scope] = ALL_SCOPES, session_id: UUID | None = None
) -> Actor:
    """The actor of a row with workspace_id, member_id, role, name and address."""
    return Actor(
        workspace_id=row["workspace_id"],
        member_id=row["member_id"],
        role=Role(row["role"]),
        name=row["name"],
        address=row["address"],
        scopes=scopes,
        session_id=session_id,
    )


def _actor_with_password(found: Row) -> Actor:
    return replace(actor_from(found), password_mark=_mark(found["argon2id"]))


def _mark(argon2id: str | None) -> bytes | None:
    # Each hash has a salt of its own: the same word set again is another password.
    return None if argon2id is None else sha256(argon2id.encode()).digest()[:16]


def _comparable(address: str) -> str:
    # What is no address at all is looked up like one that nobody has.
    try:
        return normal_address(address)
    except Invalid:
        return address.strip().lower()[:320].replace("\0", "\ufffd")


async def _look(tx: Tx, address: str, count: Counters) -> Row:
    now = clock.now()
    found = await store.find_sign_in(tx, address, count, now)
    until = found["locked_until"]
    if not found["network_known"]:
        until = max(filter(None, (until, found["widely_locked_until"])), default=None)
    if until is not None:
        _refuse(int((until - now).total_seconds()) + 1)
    return found


async def _find_member(tx: Tx, address: str, count: Counters) -> Row:
    found = await store.find_sign_in(tx, address, count, clock.now())
    if found["member_id"] is None:
        raise Unauthenticated(_WRONG)
    return found


async def _enter(
    tx: Tx, found: Row, kept: Row, count: Counters, *, source: str, protocol: str
) -> Actor:
    """By the app password `kept`."""
    written = await app_sign_in.use(tx, found, kept, protocol=protocol, source=source)
    if written or not found["network_known"]:
        await _welcome(tx, found, count)
    SIGN_INS.labels(protocol, "right").inc()
    return replace(actor_from(found, scopes=APP_PASSWORD_SCOPES), app_password_id=kept["id"])


async def _count_pair(tx: Tx, count: Counters) -> None:
    if not await store.count_failure(tx, [(count.pair, ADDRESS_FROM_NETWORK)], clock.now()):
        _refuse(ADDRESS_FROM_NETWORK.first)


async def _count_wide(tx: Tx, found: Row, count: Counters) -> None:
    if not found["network_known"]:
        await store.count_failure(tx, count.wide, clock.now())


async def _welcome(tx: Tx, found: Row, count: Counters) -> None:
    workspace_id: UUID = found["workspace_id"]
    await store.forgive_failures(tx, count.pair)
    await store.remember_network(tx, workspace_id, found["member_id"], count.network, clock.now())


def _refuse(seconds: int) -> NoReturn:
    minutes = -(-seconds // 60)
    raise Busy(
        f"Too many wrong passwords. Try again in {minutes} minutes."
        if minutes > 1
        else "Too many wrong passwords. Try again in a minute.",
        retry_after=seconds,
    )
