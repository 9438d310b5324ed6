"""How much a source or a member may do in a minute or an hour, over all mail processes."""

import functools
from collections.abc import Mapping
from typing import Protocol

from posthouse.foundation import clock
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import TALLIES
from posthouse.foundation.sources import Network, is_among, network_of, networks
from posthouse.foundation.tally import Tally
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.reply import Reply
from posthouse.servers.smtp.backend import Session

_OF_SOURCE = ("source messages", "source recipients")
_OF_MEMBER = ("member messages", "member recipients")


class Rates(Protocol):
    """Asked at each connection, MAIL and RCPT; each yes is counted."""

    def may_connect(self, host: str) -> bool:
        """Whether one more connection from there is borne."""
        ...

    def refuse_message(self, session: Session) -> Reply | None:
        """MAIL: what to say to who sent enough for now."""
        ...

    def refuse_recipient(self, session: Session) -> Reply | None:
        """RCPT."""
        ...


class Unlimited:
    """For a listener that counts nothing but connections."""

    def may_connect(self, host: str) -> bool:
        """Always."""
        return True

    def refuse_message(self, session: Session) -> Reply | None:
        """Never."""
        return None

    def refuse_recipient(self, session: Session) -> Reply | None:
        """Never."""
        return None


class Limited:
    """By the settings. Members count by themselves wherever they are, others by their network."""

    def __init__(
        self,
        tallies: Mapping[str, Tally],
        limits: Mapping[str, int],
        unlimited: tuple[Network, ...] = (),
    ) -> None:
        """A limit of 0 is none; `unlimited` sources, such as the house's own, are not counted."""
        self._tallies = tallies
        self._limits = limits
        # Asked three times for each message.
        self._is_unlimited = functools.lru_cache(4096)(lambda host: is_among(host, unlimited))

    def may_connect(self, host: str) -> bool:
        """See `Rates`."""
        return self._is_unlimited(host) or self._admit("source connections", network_of(host))

    def refuse_message(self, session: Session) -> Reply | None:
        """See `Rates`."""
        return None if self._may(session, 0) else replies.TOO_MANY_MESSAGES_LATELY

    def refuse_recipient(self, session: Session) -> Reply | None:
        """See `Rates`."""
        return None if self._may(session, 1) else replies.TOO_MANY_RECIPIENTS_LATELY

    def _may(self, session: Session, deed: int) -> bool:
        if session.member_key:
            return self._admit(_OF_MEMBER[deed], session.member_key)
        host = session.peer_host
        return self._is_unlimited(host) or self._admit(_OF_SOURCE[deed], network_of(host))

    def _admit(self, kind: str, name: str) -> bool:
        limit = self._limits[kind]
        return not limit or self._tallies[kind].admit(name, limit, clock.now().timestamp())


def rates_of(settings: Settings, tallies: Mapping[str, Tally]) -> Limited:
    """As the operator set them."""
    limits = {
        "source connections": settings.source_connections_per_minute,
        "source messages": settings.source_messages_per_minute,
        "source recipients": settings.source_recipients_per_minute,
        "member messages": settings.member_messages_per_hour,
        "member recipients": settings.member_recipients_per_hour,
    }
    assert limits.keys() == TALLIES.keys()
    return Limited(tallies, limits, networks(settings.unlimited_sources))
