"""App passwords: made, used by every protocol, limited, revoked, required."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Busy, Conflict, Denied, Invalid, NotFound, Unauthenticated
from posthouse.protocols.sasl.scram import ScramClient, ScramServer
from posthouse.security import members
from posthouse.security.members import Actor, AppPassword, MailProtocol, Scope, generated, passwords

ANNA, BERT = "anna@acme.example", "bert@acme.example"
ANNAS, BERTS = "correct horse battery", "another good password"
HOME, OFFICE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
async def anna(house: Database) -> Actor:
    return await members.create_workspace(house, "Acme", "acme.example", ANNA, ANNAS)


@pytest.fixture
def argon2_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    runs: list[str] = []
    verify = passwords._verify

    def counted(argon2id: str, prepared: str) -> bool:
        runs.append(prepared)
        return verify(argon2id, prepared)

    monkeypatch.setattr(passwords, "_verify", counted)
    return runs


@dataclass(frozen=True)
class Made:
    id: UUID
    word: str


async def make(house: Database, actor: Actor, name: str = "Phone", *protocols: str) -> Made:
    async with house.workspace(actor.workspace_id) as tx:
        return Made(*await members.add_app_password(tx, actor.member_id, name, protocols))


async def list_of(house: Database, actor: Actor) -> list[AppPassword]:
    async with house.workspace(actor.workspace_id) as tx:
        return await members.list_app_passwords(tx, actor.member_id)


async def sign_in(
    house: Database, word: str, protocol: str = "imap", *, address: str = ANNA, source: str = HOME
) -> Actor:
    return await members.sign_in_with_password(
        house, address, word, source=source, protocol=protocol
    )


async def scram(house: Database, word: str, protocol: str = "imap") -> Actor | None:
    """A whole exchange; None when the client could not prove itself."""
    client, server = ScramClient(ANNA, word), ScramServer()
    server.read_first(client.first_message())
    keys = await members.scram_credentials(house, ANNA, source=HOME)
    signature = server.read_final(client.final_message(server.first_message(keys)))
    if signature is None:
        return None
    client.check_server(signature)
    return await members.actor_by_proof(
        house, ANNA, which=server.which, source=HOME, protocol=protocol
    )


async def test_it_signs_in_by_every_mail_protocol_and_never_to_the_page(house, anna, argon2_runs):
    phone = await make(house, anna)
    for protocol in MailProtocol:
        actor = await sign_in(house, phone.word, protocol)
        assert (actor.member_id, actor.app_password_id) == (anna.member_id, phone.id)
        assert actor.scopes == {Scope.MAIL_READ, Scope.MAIL_WRITE, Scope.MAIL_SEND}
    assert argon2_runs == []
    with pytest.raises(Unauthenticated):
        await sign_in(house, phone.word, "http")


async def test_it_is_typed_as_people_type(house, anna):
    phone = await make(house, anna)
    groups = [phone.word[at : at + 4] for at in range(0, len(phone.word), 4)]
    for typed in (" ".join(groups), "-".join(groups), phone.word.upper(), f" {phone.word} "):
        assert (await sign_in(house, typed)).app_password_id == phone.id


async def test_many_cost_no_argon2(house, anna, argon2_runs):
    made = [await make(house, anna, f"Device {number}") for number in range(20)]
    for each in made:
        assert (await sign_in(house, each.word)).app_password_id == each.id
    assert argon2_runs == []


async def test_it_is_of_one_member(house, anna):
    await members.add_member(house, anna.workspace_id, BERT, BERTS)
    phone = await make(house, anna)
    for address in (BERT, "nobody@acme.example", "no address"):
        with pytest.raises(Unauthenticated):
            await sign_in(house, phone.word, address=address)


async def test_scram_takes_each_of_them_and_the_members_own(house, anna):
    phone, laptop = await make(house, anna), await make(house, anna, "Laptop")
    for word, made in ((phone.word, phone.id), (laptop.word, laptop.id), (ANNAS, None)):
        actor = await scram(house, word)
        assert actor is not None
        assert (actor.member_id, actor.app_password_id) == (anna.member_id, made)
    assert await scram(house, "a wrong password") is None


async def test_both_outlive_a_change_of_the_members_own_password(house, anna):
    phone = await make(house, anna)
    await members.set_password(
        house, anna.workspace_id, anna.member_id, "a new long password", kept=None
    )
    assert await sign_in(house, phone.word)
    assert await scram(house, phone.word)
    assert await scram(house, "a new long password")
    assert await scram(house, ANNAS) is None


async def test_where_and_when_it_was_used_last(house, anna, later):
    phone = await make(house, anna)
    (unused,) = await list_of(house, anna)
    assert (unused.name, unused.protocols) == ("Phone", frozenset(MailProtocol))
    assert (unused.last_used_at, unused.last_protocol, unused.last_source) == (None, None, None)

    seen = []
    for seconds, protocol, source in (
        (0, "imap", HOME),
        (30, "imap", HOME),  # within the minute
        (0, "smtp", HOME),
        (0, "smtp", OFFICE),
        (90, "smtp", OFFICE),
    ):
        later(seconds=seconds)
        await sign_in(house, phone.word, protocol, source=source)
        (used,) = await list_of(house, anna)
        assert (used.last_protocol, used.last_source) == (protocol, source)
        seen.append(used.last_used_at)
    assert seen[0] == seen[1]
    assert len(set(seen)) == 4


async def test_one_for_some_protocols_says_so_elsewhere(house, anna):
    phone = await make(house, anna, "Scanner", "smtp")
    assert await sign_in(house, phone.word, "smtp")
    for attempt in (sign_in, scram):
        with pytest.raises(members.WrongDoor, match="for SMTP only"):
            await attempt(house, phone.word, "imap")
    with pytest.raises(Invalid):
        await make(house, anna, "Fax", "fax")


async def test_a_revoked_one_is_out_and_what_it_had_open_ends(house, anna):
    phone, laptop = await make(house, anna), await make(house, anna, "Laptop")
    on_phone, on_laptop = await sign_in(house, phone.word), await sign_in(house, laptop.word)
    with house.signals.subscribe(f"member:{anna.member_id}") as told:
        async with house.workspace(anna.workspace_id) as tx:
            assert await members.still_signed_in(tx, on_phone)
            await members.revoke_app_password(tx, anna.member_id, phone.id)
        await told.wait()
    async with house.workspace(anna.workspace_id) as tx:
        assert not await members.still_signed_in(tx, on_phone)
        assert await members.still_signed_in(tx, on_laptop)
        with pytest.raises(NotFound):
            await members.revoke_app_password(tx, anna.member_id, phone.id)
    with pytest.raises(Unauthenticated):
        await sign_in(house, phone.word)
    assert await scram(house, phone.word) is None


async def test_a_proof_of_one_that_is_revoked_meanwhile_is_worth_nothing(house, anna):
    phone = await make(house, anna)
    async with house.workspace(anna.workspace_id) as tx:
        await members.revoke_app_password(tx, anna.member_id, phone.id)
    with pytest.raises(Unauthenticated):
        await members.actor_by_proof(house, ANNA, which=str(phone.id), source=HOME, protocol="imap")


async def test_nobody_revokes_anothers(house, anna):
    bert = await members.add_member(house, anna.workspace_id, BERT, BERTS)
    phone = await make(house, anna)
    async with house.workspace(anna.workspace_id) as tx:
        with pytest.raises(NotFound):
            await members.revoke_app_password(tx, bert.member_id, phone.id)
    assert await sign_in(house, phone.word)


async def test_a_disabled_member_has_none(house, anna):
    bert = await members.add_member(house, anna.workspace_id, BERT, BERTS)
    phone = await make(house, bert)
    on_phone = await sign_in(house, phone.word, address=BERT)
    async with house.workspace(anna.workspace_id) as tx:
        await members.disable_member(tx, anna, bert.member_id)
        assert not await members.still_signed_in(tx, on_phone)
    with pytest.raises(Unauthenticated):
        await sign_in(house, phone.word, address=BERT)


async def test_guesses_lock_out_as_ever(house, anna):
    phone = await make(house, anna)
    for _ in range(8):
        with pytest.raises(Unauthenticated):
            await sign_in(house, generated.generate())
    with pytest.raises(Busy):
        await sign_in(house, phone.word)
    assert await sign_in(house, phone.word, source=OFFICE)


async def test_a_workspace_may_want_nothing_else(house, anna):
    bert = await members.add_member(house, anna.workspace_id, BERT, BERTS)
    phone = await make(house, anna)
    before = await sign_in(house, ANNAS)
    async with house.workspace(anna.workspace_id) as tx:
        with pytest.raises(Denied):
            await members.require_app_passwords(tx, bert, True)
        await members.require_app_passwords(tx, anna, True)
        assert await members.app_passwords_required(tx)
        assert not await members.still_signed_in(tx, before)

    for protocol in MailProtocol:
        with pytest.raises(members.WrongDoor, match="need an app password"):
            await sign_in(house, ANNAS, protocol)
        with pytest.raises(members.WrongDoor, match="need an app password"):
            await scram(house, ANNAS, protocol)
        assert await sign_in(house, phone.word, protocol)
    assert await sign_in(house, ANNAS, "http")

    async with house.workspace(anna.workspace_id) as tx:
        await members.require_app_passwords(tx, anna, False)
    assert await sign_in(house, ANNAS)


async def test_there_is_an_end_to_them(house, anna, monkeypatch):
    monkeypatch.setattr(members.actions.app_passwords, "MOST", 2)
    for _ in range(2):
        await make(house, anna)
    with pytest.raises(Conflict):
        await make(house, anna)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb"])
async def test_a_name_is_wanted(house, anna, name):
    with pytest.raises(Invalid):
        await make(house, anna, name)


async def test_neither_word_nor_name_is_kept(house, anna):
    phone = await make(house, anna, "Annas-Telefon")

    async def rows(tx: Tx) -> list[str]:
        found = await tx.connection.fetch("SELECT a::text AS row FROM app_passwords a")
        return [row["row"] for row in found]

    async with house.workspace(anna.workspace_id) as tx:
        (row,) = await rows(tx)
    for text in (phone.word, "Annas-Telefon"):
        assert text not in row
        assert text.encode().hex() not in row


def test_generated_words():
    words = {generated.generate() for _ in range(200)}
    assert len(words) == 200
    for word in words:
        assert generated.letters_of(word) == word
    assert len(generated.ALPHABET) ** generated.LENGTH > 2**120


@given(st.text())
def test_what_is_typed_is_letters_or_nothing(text):
    letters = generated.letters_of(text)
    assert letters is None or generated.letters_of(letters) == letters


@pytest.mark.parametrize("word", ["", "a" * 27, "i" * 28, "a" * 100_000, "\udce4" * 28])
def test_what_cannot_be_one(word):
    assert generated.letters_of(word) is None
