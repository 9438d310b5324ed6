"""Relays of senders: of a mailbox, of a domain, of a whole workspace; the nearest one counts."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.security.members import Actor, normal_domain
from posthouse.security.vault import Vault
from posthouse.sending.outbox import store
from posthouse.sending.outbox.handover import Handover, Kind, SignIn, read_handover, written

SQL = load_queries("posthouse.sending.outbox", "relays.sql")
EVERYBODY = "*"
# Where a stranger may make us connect to: the ports of submission, and the one some hosters open.
_PORTS = (25, 465, 587, 2525)
_SIGN_IN = "outbox_relays", "sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """`sender` is a mailbox's address, a domain, or '*' for the whole workspace.

    `inside`: the operator himself leads mail there, be it in a network of his own.
    """

    id: UUID
    sender: str
    of_mailbox: bool
    handover: Handover
    sign_in: SignIn | None
    inside: bool

    @property
    def address(self) -> str:
        """As `set_relay` was given it."""
        return written(self.handover.kind, self.handover.host, self.handover.port)


async def set_relay(
    tx: Tx,
    actor: Actor,
    sender: str,
    relay: str,
    *,
    tls: str | None = None,
    user: str | None = None,
    password: str | None = None,
) -> Relay:
    """Hand mail of `sender` to `relay`, HOST:PORT or ses:REGION. Replaces what was set before.

    Without a password the one that is kept for this user and relay stays. Raises Denied, Invalid,
    and NotFound for mailboxes and domains of others.
    """
    actor.require_admin()
    await tx.row(SQL["lock_workspace"], workspace_id=tx.workspace)
    name, mailbox_id, domain = await _sender(tx, sender)
    before = next((each for each in await _list(tx) if each.sender == name), None)
    sign_in = _sign_in(before, relay, user, password)
    handover = read_handover(relay, tls, sign_in)
    if not actor.is_system:
        _require_outside(handover)
    made = Relay(
        id=new_id(),
        sender=name,
        of_mailbox=mailbox_id is not None,
        handover=handover,
        sign_in=sign_in,
        inside=actor.is_system,
    )
    vault, sealed = tx.database.service(Vault), None
    if sign_in is not None:
        sealed = vault.seal_for_house(*_SIGN_IN, made.id, msgspec.json.encode(sign_in))
    here = {"workspace_id": tx.workspace, "mailbox_id": mailbox_id, "domain": domain}
    await tx.execute(SQL["delete_relay"], **here)
    await tx.execute(
        SQL["put_relay"],
        **here,
        **handover.columns(),
        id=made.id,
        sign_in=sealed,
        inside=made.inside,
    )
    return made


async def list_relays(tx: Tx, actor: Actor) -> list[Relay]:
    """The workspace's own first, then those of domains and of mailboxes. Raises Denied."""
    actor.require_admin()
    return await _list(tx)


async def remove_relay(tx: Tx, actor: Actor, sender: str) -> None:
    """Back to what is farther away. Raises Denied, NotFound."""
    actor.require_admin()
    name, mailbox_id, domain = await _sender(tx, sender)
    here = {"workspace_id": tx.workspace, "mailbox_id": mailbox_id, "domain": domain}
    if not await tx.execute(SQL["delete_relay"], **here):
        raise NotFound(f"There is no relay for {name}.")


async def relay_of(tx: Tx, relay_id: UUID) -> Relay | None:
    """For a worker, in a transaction of the system; None when it was removed meanwhile."""
    row = await tx.row(SQL["find_relay"], id=relay_id)
    return None if row is None else _relay(tx, row)


async def _list(tx: Tx) -> list[Relay]:
    rows = await tx.rows(SQL["list_relays"], workspace_id=tx.workspace)
    return [_relay(tx, row) for row in rows]


def _relay(tx: Tx, row: Row) -> Relay:
    sign_in = None
    if row["sign_in"] is not None:
        vault = tx.database.service(Vault)
        value = vault.open_for_house(*_SIGN_IN, row["id"], row["sign_in"])
        sign_in = msgspec.json.decode(value, type=SignIn)
    return Relay(
        id=row["id"],
        sender=row["mailbox"] or row["domain"] or EVERYBODY,
        of_mailbox=row["mailbox_id"] is not None,
        handover=Handover(
            kind=Kind(row["kind"]), host=row["host"], port=row["port"], tls=row["tls"]
        ),
        sign_in=sign_in,
        inside=row["inside"],
    )


async def _sender(tx: Tx, sender: str) -> tuple[str, UUID | None, str | None]:
    """Its name as it is kept, and what it is: a mailbox, a domain, or neither."""
    wanted = sender.strip()
    if wanted == EVERYBODY:
        return EVERYBODY, None, None
    if "@" in wanted:
        workspace_id, mailbox_id = await find_mailbox(tx, wanted)
        if workspace_id != tx.workspace:
            raise NotFound(f"There is no mailbox {wanted}.", field="sender")
        row = await tx.row(SQL["name_mailbox"], workspace_id=tx.workspace, id=mailbox_id)
        assert row is not None
        return row["address"], mailbox_id, None
    domain = normal_domain(wanted)
    if await store.workspace_of_domain(tx, domain) != tx.workspace:
        raise NotFound(f"The workspace has no domain {domain}.", field="sender")
    return domain, None, domain


def _sign_in(
    before: Relay | None, relay: str, user: str | None, password: str | None
) -> SignIn | None:
    if not user:
        return None
    if password:
        return SignIn(user=user, password=password)
    known = before.sign_in if before is not None and before.address == relay.strip() else None
    if known is None or known.user != user:
        raise Invalid("Say the password, too.", field="password")
    return known


def _require_outside(handover: Handover) -> None:
    """Names are looked up when mail leaves; what they lead to is looked at then (`sites.py`)."""
    if handover.kind is Kind.SMTP and handover.port not in _PORTS:
        ports = ", ".join(map(str, _PORTS))
        raise Invalid(f"A relay takes mail at one of the ports {ports}.", field="relay")
