"""What the doors of this room take and give."""

import msgspec

from posthouse.mail.quotas.model import MailboxUsage


class LimitsView(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a mailbox may hold; 0 is no limit."""

    octets: int
    messages: int


class OwnLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one mailbox: 0 is no limit, null is as the workspace says."""

    octets: int | None = None
    messages: int | None = None


class UsageView(msgspec.Struct, frozen=True, kw_only=True):
    """What a mailbox holds of what it may. `percent` is of the limit that is nearest."""

    mailbox_id: str
    address: str
    name: str
    octets: int
    messages: int
    limits: LimitsView
    own: OwnLimits
    percent: int


class UsageList(msgspec.Struct, frozen=True, kw_only=True):
    """Mailboxes by address."""

    items: list[UsageView]


class QuotaList(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace's default, and all of its mailboxes."""

    default: LimitsView
    items: list[UsageView]


def usage_view(found: MailboxUsage) -> UsageView:
    """As the page and programs get it."""
    usage = found.usage
    return UsageView(
        mailbox_id=str(found.mailbox_id),
        address=found.address,
        name=found.name,
        octets=usage.octets,
        messages=usage.messages,
        limits=LimitsView(octets=usage.limits.octets, messages=usage.limits.messages),
        own=OwnLimits(octets=found.own_octets, messages=found.own_messages),
        percent=usage.percent,
    )
