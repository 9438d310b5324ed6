"""What senders want to hear of a delivery, kept with their recipients (RFC 3461)."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.dsn import (
    UNSAID,
    DsnRequest,
    Notify,
    RecipientRequest,
    Ret,
    decode_original,
    decode_xtext,
    utf8_original,
)
from posthouse.security.vault import Keyring

SQL = load_queries("posthouse.sending.outbox", "requests.sql")
_PLACE = "outbox_dsn_requests", "request"


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """RET, ENVID, NOTIFY and ORCPT for one recipient, encoded as they came."""

    ret: Ret = ""
    envid: str = ""
    notify: int | None = None
    original: str = ""

    def wants(self, occasion: Notify) -> bool:
        """Whether the sender is to hear of it."""
        return occasion in (UNSAID if self.notify is None else Notify(self.notify))

    @property
    def envelope_id(self) -> str:
        """ENVID as a report has it (RFC 3464 2.2.1)."""
        return decode_xtext(self.envid)

    @property
    def original_recipient(self) -> str:
        """ORCPT as a report has it (RFC 3464 2.3.1, RFC 6533 3)."""
        return utf8_original(decode_original(self.original)) if self.original else ""

    def passed_on(self, address: Address) -> DsnRequest:
        """What the next server is told."""
        notify = None if self.notify is None else Notify(self.notify)
        said = RecipientRequest(notify=notify, original=self.original)
        return DsnRequest(ret=self.ret, envid=self.envid, recipients={address: said})


# Of those who said nothing.
USUAL = Request()


def request_of(dsn: DsnRequest, address: Address) -> Request:
    """What was asked for one recipient."""
    said = dsn.recipients.get(address, RecipientRequest())
    notify = None if said.notify is None else said.notify.value
    return Request(ret=dsn.ret, envid=dsn.envid, notify=notify, original=said.original)


async def save_requests(tx: Tx, keys: Keyring, requests: Mapping[UUID, Request]) -> None:
    """Recipients of a new message → what was asked for them."""
    sealed = {
        recipient_id: keys.encrypt(*_PLACE, recipient_id, msgspec.json.encode(request))
        for recipient_id, request in requests.items()
    }
    await tx.execute(
        SQL["insert_requests"],
        workspace_id=tx.workspace,
        recipient_ids=list(sealed),
        requests=list(sealed.values()),
    )


def open_request(keys: Keyring, recipient_id: UUID, sealed: bytes | None) -> Request:
    """What `save_requests` was given; the usual for None."""
    if sealed is None:
        return USUAL
    return msgspec.json.decode(keys.decrypt(*_PLACE, recipient_id, sealed), type=Request)
