"""What is handed over in one go: a message to one recipient, or to all of its recipients."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from posthouse.protocols.smtp.address import Address, parse_address
from posthouse.protocols.smtp.dsn import DsnRequest
from posthouse.protocols.smtp.envelope import OutgoingEnvelope
from posthouse.sending.outbox.model import Parcel
from posthouse.sending.outbox.requests import USUAL

Transaction = tuple[tuple[Parcel, ...], OutgoingEnvelope]


def transactions(parcels: Sequence[Parcel], *, whole: bool) -> list[Transaction]:
    """One for each recipient, whose return path is its own; with `whole` one for each message."""
    if not whole:
        return [((parcel,), _envelope([parcel])) for parcel in parcels]
    by_message: dict[UUID, list[Parcel]] = {}
    for parcel in parcels:
        by_message.setdefault(parcel.message.id, []).append(parcel)
    return [(tuple(group), _envelope(group)) for group in by_message.values()]


def _envelope(parcels: Sequence[Parcel]) -> OutgoingEnvelope:
    first = parcels[0]
    addresses = tuple(parse_address(parcel.address) for parcel in parcels)
    return OutgoingEnvelope(
        mail_from=parse_address(first.return_path) if first.return_path else None,
        recipients=addresses,
        content=first.message.content,
        smtputf8=first.message.smtputf8,
        dsn=_request(parcels, addresses),
    )


def _request(parcels: Sequence[Parcel], addresses: Sequence[Address]) -> DsnRequest | None:
    """What the next server is told that the sender wants to hear of each."""
    if all(parcel.request is USUAL for parcel in parcels):
        return None
    asked = [
        parcel.request.passed_on(address)
        for parcel, address in zip(parcels, addresses, strict=True)
    ]
    recipients = {each: said for one in asked for each, said in one.recipients.items()}
    return replace(asked[0], recipients=recipients)
