"""What the doors of this room give."""

import msgspec

from posthouse.mail.domains.model import Finding, State, Subject


class DomainList(msgspec.Struct, frozen=True, kw_only=True):
    """The hosted domains of the workspace."""

    items: list[str]


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """A record of DNS: what to publish, what is there, and what is the matter."""

    subject: Subject
    name: str
    type: str
    wanted: str
    found: list[str]
    finding: Finding
    state: State


class DomainChecks(msgspec.Struct, frozen=True, kw_only=True):
    """A domain in DNS at this moment, in the order in which to mend it."""

    domain: str
    items: list[CheckView]
