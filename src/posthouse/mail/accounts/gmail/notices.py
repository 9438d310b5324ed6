"""Notices of Pub/Sub: whose mailbox has changed. They name the user, and nothing of the mail.

developers.google.com/workspace/gmail/api/guides/push
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from posthouse.foundation.db import Database
from posthouse.mail.accounts.keyed.news import tell_address


class PubSubMessage(msgspec.Struct, frozen=True):
    """`data` is base64 of the notice."""

    data: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """What a push carries (cloud.google.com/pubsub/docs/push)."""

    message: PubSubMessage
    subscription: str = ""


class _Notice(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str


def address_in(message: PubSubMessage) -> str | None:
    """Whose mailbox; None for what is no notice of Gmail's."""
    try:
        octets = base64.b64decode(message.data, altchars=b"-_" if "-" in message.data else None)
        return msgspec.json.decode(octets, type=_Notice).email_address
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None


def tell(database: Database, messages: Sequence[PubSubMessage]) -> None:
    """Wake whoever keeps these accounts in step."""
    for address in {address_in(each) for each in messages} - {None}:
        assert address is not None
        tell_address(database, "gmail", address)
