"""Asking what an address means, and giving mailboxes further addresses."""

from collections.abc import Sequence

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.mail.addressing import store
from posthouse.mail.addressing.model import (
    MOST_ELSEWHERE,
    MOST_MAILBOXES,
    Destination,
    HostedAddress,
    is_always_there,
    kind_of,
    normal_hosted,
    spellings,
)
from posthouse.security.members import Actor, normal_address, normal_domain


async def find_destination(tx: Tx, address: str) -> Destination:
    """The mailboxes of a canonical address, in a transaction of the system. Raises NotFound.

    Every hosted domain receives mail for postmaster and abuse (RFC 5321 4.5.1, RFC 2142): its
    first administrator gets what no address was made for.
    """
    found = await store.find_destination(tx, spellings(address))
    if found is None and is_always_there(address):
        found = await store.find_first_administrator(tx, address.rpartition("@")[2])
    if found is None:
        raise NotFound("There is no such mailbox here.")
    return found


async def set_address(
    tx: Tx,
    actor: Actor,
    address: str,
    mailboxes: Sequence[str],
    forward_to: Sequence[str] = (),
) -> HostedAddress:
    """Mail for `address` goes to these mailboxes, named by their own addresses, and on to others.

    One makes an alias, several a group; `@domain` is the domain's catch-all. What the address
    meant before is replaced. Raises Denied, Invalid, NotFound for domains and mailboxes of others,
    Conflict when a mailbox was made with the address.
    """
    actor.require_admin()
    wanted = normal_hosted(address)
    named = list(dict.fromkeys(normal_address(each) for each in mailboxes))
    elsewhere = _elsewhere(forward_to)
    if not named and not elsewhere:
        raise Invalid("Name at least one mailbox, or an address elsewhere.", field="mailboxes")
    if len(named) > MOST_MAILBOXES:
        raise Invalid(f"Name at most {MOST_MAILBOXES} mailboxes.", field="mailboxes")
    await _lock_domain(tx, wanted)
    await _require_foreign(tx, elsewhere)
    own = await store.find_own(tx, [wanted, *named])
    if wanted in own:
        raise Conflict(f"{wanted} is a mailbox of its own.", field="address")
    for each in named:
        if each not in own:
            raise NotFound(f"There is no mailbox {each}.", field="mailboxes")
    await store.put_address(tx, wanted, [own[each] for each in named], elsewhere)
    return HostedAddress(
        address=wanted,
        kind=kind_of(wanted, own=False, group=len(named) + len(elsewhere) > 1),
        mailboxes=tuple(sorted(named)),
        forward_to=tuple(elsewhere),
    )


async def remove_address(tx: Tx, actor: Actor, address: str) -> None:
    """The address receives nothing more. Raises Denied, NotFound, Conflict for a mailbox's own."""
    actor.require_admin()
    wanted = normal_hosted(address)
    await _lock_domain(tx, wanted)
    if await store.delete_address(tx, wanted):
        return
    if await store.find_own(tx, [wanted]):
        raise Conflict(f"A mailbox keeps the address it was made with: {wanted}.")
    raise NotFound(f"There is no address {wanted}.")


async def list_addresses(tx: Tx, actor: Actor, domain: str | None = None) -> list[HostedAddress]:
    """All that the workspace receives mail for, of one domain when it is named. Raises Denied."""
    actor.require_admin()
    return await store.list_addresses(tx, None if domain is None else normal_domain(domain))


def _elsewhere(addresses: Sequence[str]) -> list[str]:
    try:
        named = list(dict.fromkeys(normal_address(each) for each in addresses))
    except Invalid as error:
        raise Invalid(error.reason, field="forward_to") from None
    if len(named) > MOST_ELSEWHERE:
        raise Invalid(f"Name at most {MOST_ELSEWHERE} addresses elsewhere.", field="forward_to")
    return named


async def _require_foreign(tx: Tx, addresses: Sequence[str]) -> None:
    """What is kept here is named by its mailbox: mail for it never leaves."""
    hosted = await store.find_hosted(tx, [each.rpartition("@")[2] for each in addresses])
    for each in addresses:
        if each.rpartition("@")[2] in hosted:
            raise Invalid(f"{each} is kept here: name its mailbox instead.", field="forward_to")


async def _lock_domain(tx: Tx, address: str) -> None:
    domain = address.rpartition("@")[2]
    if not await store.lock_domain(tx, domain):
        raise NotFound(f"The workspace has no domain {domain}.", field="address")
