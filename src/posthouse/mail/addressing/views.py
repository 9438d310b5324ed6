"""What the doors of this room take and give."""

import msgspec

from posthouse.mail.addressing.model import AddressKind


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """A hosted address. `mailboxes` are the own addresses of those who get its mail, `forward_to`
    addresses elsewhere to which it goes on.
    """

    address: str
    kind: AddressKind
    mailboxes: list[str]
    forward_to: list[str]


class AddressList(msgspec.Struct, frozen=True, kw_only=True):
    """All addresses of the workspace, by domain."""

    items: list[AddressView]


class AddressTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets the mail: mailboxes by their own addresses, and addresses elsewhere."""

    mailboxes: list[str]
    forward_to: list[str] = []
