"""Signing in, right and wrong, against a real database."""

import asyncio
import contextlib

import pytest

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.errors import Busy, Conflict, Invalid, NotFound, Unauthenticated
from posthouse.protocols.sasl.scram import ScramClient, ScramServer
from posthouse.security import members
from posthouse.security.members import Actor, Role, passwords
from posthouse.security.vault import Vault

HOME, OFFICE, ATTACKER = "192.0.2.7", "198.51.100.9", "203.0.113.66"
ANNAS = "correct horse battery"
BERTS = "another good password"


@pytest.fixture
async def anna(house: Database) -> Actor:
    """The administrator of acme.example."""
    return await members.create_workspace(
        house, "Acme", "acme.example", "anna@acme.example", ANNAS, admin_name="Anna"
    )


@pytest.fixture
async def bert(house: Database, anna: Actor) -> Actor:
    return await members.add_member(house, anna.workspace_id, "bert@acme.example", BERTS)


@pytest.fixture
def argon2_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each password that is really verified."""
    runs: list[str] = []
    verify = passwords._verify

    def counted(argon2id: str, prepared: str) -> bool:
        runs.append(prepared)
        return verify(argon2id, prepared)

    monkeypatch.setattr(passwords, "_verify", counted)
    return runs


async def test_the_right_password_is_the_member(house, anna, argon2_runs):
    for _ in range(3):
        assert await sign_in(house, "anna@acme.example", ANNAS) == anna
    assert await sign_in(house, " Anna@ACME.example ", ANNAS) == anna
    assert len(argon2_runs) == 1


async def test_wrong_and_unknown_look_alike(house, anna, argon2_runs):
    for address in ("anna@acme.example", "nobody@acme.example", "no address at all"):
        with pytest.raises(Unauthenticated) as refusal:
            await sign_in(house, address, "a wrong password")
        assert refusal.value.reason == "The address or the password is wrong."
    assert len(argon2_runs) == 3


async def test_a_password_is_prepared_alike_everywhere(house, anna):
    await members.set_password(
        house, anna.workspace_id, anna.member_id, "pass\u00a0wort\u00ad ①②", kept=None
    )
    assert await sign_in(house, "anna@acme.example", "pass wort 12") == anna


async def test_a_changed_password_is_changed_at_once_elsewhere(house, database, anna):
    other_process = await open_database(database.owner_dsn)
    await sign_in(other_process, "anna@acme.example", ANNAS)

    await members.set_password(
        house, anna.workspace_id, anna.member_id, "quite another one", kept=None
    )

    with pytest.raises(Unauthenticated):
        await sign_in(other_process, "anna@acme.example", ANNAS)
    await sign_in(other_process, "anna@acme.example", "quite another one")
    await other_process.close()


@pytest.mark.parametrize("password", ["short", "x" * 2000, "bell\x07bell\x07"])
async def test_unusable_passwords_are_refused(house, anna, password):
    with pytest.raises(Invalid):
        await members.add_member(house, anna.workspace_id, "cleo@acme.example", password)


async def test_wrong_passwords_by_the_thousand(house, anna, bert, argon2_runs, later):
    for number in range(1000):
        with pytest.raises((Unauthenticated, Busy)):
            await sign_in(house, "anna@acme.example", f"guess number {number}", ATTACKER)
    # Cheap: the thousand cost eight hashes.
    assert len(argon2_runs) == 8
    # Even the right password is not taken from there now …
    with pytest.raises(Busy) as refusal:
        await sign_in(house, "anna@acme.example", ANNAS, ATTACKER)
    assert 0 < (refusal.value.retry_after or 0) <= 61
    # … but Anna comes in from elsewhere, and others from anywhere.
    assert await sign_in(house, "anna@acme.example", ANNAS, HOME) == anna
    assert await sign_in(house, "bert@acme.example", BERTS, ATTACKER) == bert

    later(seconds=61)
    with pytest.raises(Unauthenticated):
        await sign_in(house, "anna@acme.example", "one more guess", ATTACKER)
    later(seconds=61)
    with pytest.raises(Busy):  # the window has doubled
        await sign_in(house, "anna@acme.example", ANNAS, ATTACKER)
    later(days=1)
    assert await sign_in(house, "anna@acme.example", ANNAS, ATTACKER) == anna


async def test_a_burst_in_parallel_gains_nothing(house, anna, argon2_runs):
    attempts = [
        sign_in(house, "anna@acme.example", f"guess number {number}", ATTACKER)
        for number in range(40)
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(result, Unauthenticated | Busy) for result in results)
    assert len(argon2_runs) <= 8


async def test_an_attack_from_many_networks_does_not_keep_the_owner_out(house, anna, later):
    await sign_in(house, "anna@acme.example", ANNAS, HOME)
    for number in range(60):
        with contextlib.suppress(Unauthenticated, Busy):
            await sign_in(house, "anna@acme.example", f"guess {number}", f"203.0.113.{number}")

    with pytest.raises(Busy):
        await sign_in(house, "anna@acme.example", ANNAS, OFFICE)
    assert await sign_in(house, "anna@acme.example", ANNAS, HOME) == anna
    later(minutes=20)
    assert await sign_in(house, "anna@acme.example", ANNAS, OFFICE) == anna


async def test_one_network_tries_many_addresses(house, anna, bert):
    await sign_in(house, "bert@acme.example", BERTS, ATTACKER)
    for number in range(50):
        with contextlib.suppress(Unauthenticated, Busy):
            await sign_in(house, f"number{number}@acme.example", "password1", ATTACKER)

    with pytest.raises(Busy):
        await sign_in(house, "anna@acme.example", ANNAS, ATTACKER)
    assert await sign_in(house, "anna@acme.example", ANNAS, HOME) == anna
    # Bert has worked there before: it is his office, too.
    assert await sign_in(house, "bert@acme.example", BERTS, ATTACKER) == bert


async def test_a_forgotten_phone_does_not_lock_its_owner_out(house, anna, argon2_runs):
    await sign_in(house, "anna@acme.example", ANNAS, OFFICE)
    for _ in range(100):
        with pytest.raises(Unauthenticated):
            await sign_in(house, "anna@acme.example", "last year's password", OFFICE)
    assert await sign_in(house, "anna@acme.example", ANNAS, OFFICE) == anna
    assert len(argon2_runs) == 2


async def test_scram_signs_in_without_the_password(house, anna):
    assert await scram(house, "anna@acme.example", ANNAS)
    assert not await scram(house, "anna@acme.example", "a wrong password")
    proved = await members.actor_by_proof(
        house, "anna@acme.example", which="", source=HOME, protocol="test"
    )
    assert proved == anna


async def test_scram_failures_lock_out_like_passwords(house, anna):
    for _ in range(8):
        assert not await scram(house, "anna@acme.example", "wrong wrong wrong", ATTACKER)
        await members.note_failure(house, "anna@acme.example", source=ATTACKER, protocol="imap")
    with pytest.raises(Busy):
        await members.scram_credentials(house, "anna@acme.example", source=ATTACKER)
    with pytest.raises(Busy):
        await sign_in(house, "anna@acme.example", ANNAS, ATTACKER)
    assert await scram(house, "anna@acme.example", ANNAS, HOME)


async def test_a_lock_from_a_clock_that_was_ahead_ends(house, anna, later):
    later(days=30)
    for number in range(9):
        with contextlib.suppress(Unauthenticated, Busy):
            await sign_in(house, "anna@acme.example", f"guess {number}", ATTACKER)
    with pytest.raises(Busy):
        await sign_in(house, "anna@acme.example", ANNAS, ATTACKER)
    later(days=-30)
    with pytest.raises(Unauthenticated):  # it is not locked, and is counted anew
        await sign_in(house, "anna@acme.example", "guess", ATTACKER)
    assert await sign_in(house, "anna@acme.example", ANNAS, ATTACKER) == anna


async def test_an_unknown_address_has_a_salt_like_any_other(house, database, anna):
    other_process = await open_database(database.owner_dsn)
    other_process.provide(house.service(Vault))
    known = await members.scram_credentials(house, "anna@acme.example", source=HOME)
    unknown = [
        await members.scram_credentials(process, address, source=HOME)
        for process in (house, other_process)
        for address in ("nobody@acme.example", "Nobody@acme.example")
    ]
    await other_process.close()

    assert len({keys.salt for keys in unknown}) == 1
    assert {(len(k.salt), k.iterations) for k in unknown} == {(len(known.salt), known.iterations)}
    assert not await scram(house, "nobody@acme.example", ANNAS)
    with pytest.raises(Unauthenticated):
        await members.actor_of(house, "nobody@acme.example")


async def test_a_disabled_member_is_out_at_once(house, anna, bert):
    async with house.workspace(anna.workspace_id) as tx:
        token = await members.open_session(tx, bert, agent="Firefox", source=HOME)
        key = await members.add_api_key(tx, bert.member_id, members.checked_scopes([]))
    async with house.workspace(anna.workspace_id) as tx:
        await members.disable_member(tx, anna, bert.member_id)

    with pytest.raises(Unauthenticated):
        await sign_in(house, "bert@acme.example", BERTS)
    with pytest.raises(Unauthenticated):
        await members.actor_of_session(house, token)
    with pytest.raises(Unauthenticated):
        await members.actor_of_key(house, key)
    assert not await scram(house, "bert@acme.example", BERTS)

    async with house.workspace(anna.workspace_id) as tx:
        await members.enable_member(tx, anna, bert.member_id)
    assert await sign_in(house, "bert@acme.example", BERTS) == bert


async def test_addresses_and_domains_are_taken_once(house, anna, bert):
    with pytest.raises(Conflict):
        await members.create_workspace(house, "Other", "acme.example", "x@acme.example", ANNAS)
    with pytest.raises(Conflict):
        await members.add_domain(house, anna.workspace_id, "ACME.example")
    with pytest.raises(Conflict):
        await members.create_workspace(house, "Other", "other.example", "Bert@acme.example", ANNAS)
    with pytest.raises(Conflict):
        await members.add_member(house, anna.workspace_id, "bert@acme.example", ANNAS)
    with pytest.raises(NotFound):
        await members.add_member(house, anna.workspace_id, "cleo@elsewhere.example", ANNAS)
    # A refusal leaves nothing behind.
    await members.create_workspace(house, "Other", "other.example", "x@other.example", ANNAS)


async def test_workspaces_are_found_by_name_and_domain(house, anna):
    assert await members.find_workspace(house) == anna.workspace_id
    other = await members.create_workspace(
        house, "Other", "other.example", "x@other.example", ANNAS
    )
    with pytest.raises(Conflict):
        await members.find_workspace(house)
    assert await members.find_workspace(house, "Acme") == anna.workspace_id
    assert await members.find_workspace(house, "other.example") == other.workspace_id
    assert await members.workspace_of_domain(house, "OTHER.example") == other.workspace_id
    with pytest.raises(NotFound):
        await members.find_workspace(house, "Nowhere")
    with pytest.raises(NotFound):
        await members.workspace_of_domain(house, "nowhere.example")


async def test_what_else_a_member_needs_comes_in_the_same_transaction(house, anna):
    async def fail(_tx, actor: Actor) -> None:
        raise RuntimeError(actor.address)

    with pytest.raises(RuntimeError, match="cleo"):
        await members.add_member(house, anna.workspace_id, "cleo@acme.example", BERTS, then=fail)
    with pytest.raises(Unauthenticated):
        await members.actor_of(house, "cleo@acme.example")


async def test_a_domain_gets_keys_for_dns(house, anna):
    keys = await members.add_domain(house, anna.workspace_id, "驿站.example")
    assert {key.algorithm for key in keys} == {"rsa-sha256", "ed25519-sha256"}
    assert {key.domain for key in keys} == {"xn--5tz216d.example"}
    records = members.dns_records("acme.example", "mx.acme.example", keys)
    assert {record.type for record in records} == {"MX", "TXT"}
    stored = await house_rows(house, "SELECT private_key FROM dkim_keys")
    assert not {key.private_key for key in keys} & {row["private_key"] for row in stored}


async def test_sweeping_keeps_what_counts(house, anna, later):
    await sign_in(house, "anna@acme.example", ANNAS, HOME)
    with pytest.raises(Unauthenticated):
        await sign_in(house, "bert@acme.example", "wrong wrong", ATTACKER)

    await members.sweep(house)
    assert len(await house_rows(house, "SELECT FROM sign_in_failures")) == 3
    later(days=3)
    await members.sweep(house)
    assert await house_rows(house, "SELECT FROM sign_in_failures") == []
    assert len(await house_rows(house, "SELECT FROM sign_in_networks")) == 1
    later(days=200)
    await members.sweep(house)
    assert await house_rows(house, "SELECT FROM sign_in_networks") == []


async def test_a_member_is_not_an_admin(anna, bert):
    assert anna.is_admin
    assert not bert.is_admin
    assert bert.role is Role.MEMBER


async def sign_in(database: Database, address: str, password: str, source: str = HOME) -> Actor:
    return await members.sign_in_with_password(
        database, address, password, source=source, protocol="test"
    )


async def scram(database: Database, address: str, password: str, source: str = HOME) -> bool:
    """A whole SCRAM exchange; whether the client proved itself and the server did."""
    client, server = ScramClient(address, password), ScramServer()
    server.read_first(client.first_message())
    keys = await members.scram_credentials(database, server.identity, source=source)
    signature = server.read_final(client.final_message(server.first_message(keys)))
    if signature is not None:
        client.check_server(signature)
    return signature is not None


async def house_rows(database: Database, query: str):
    async with database.system() as tx:
        return await tx.connection.fetch(query)
