"""What the doors of this room give."""

from typing import Literal

import msgspec


class ListeningView(msgspec.Struct, frozen=True, kw_only=True):
    """One listener, where it hears, and the port that others expect."""

    name: str
    host: str | None
    port: int | None
    usual_port: int
    reach: Literal["off", "machine", "network"]


class MachineView(msgspec.Struct, frozen=True, kw_only=True):
    """The machine before the first mail."""

    hostname: str
    named: bool
    public_url: str | None
    listeners: list[ListeningView]


class KnockView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a port answers at a public address of ours, as seen from the machine itself."""

    listener: str
    port: int
    address: str
    answer: Literal["open", "closed", "silent"]


class Knocks(msgspec.Struct, frozen=True, kw_only=True):
    """None when DNS has no address for our name."""

    items: list[KnockView]
