"""Which driver speaks to which kind of account."""

from collections.abc import Mapping

from posthouse.mail.accounts.driver import Connect
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.model import Kind

_DRIVERS: Mapping[Kind, Connect] = {"imap": connect_imap}


def driver_of(kind: Kind) -> Connect | None:
    """None for a kind that cannot be linked yet."""
    return _DRIVERS.get(kind)
