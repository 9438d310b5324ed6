"""Which driver speaks to which kind of account."""

from collections.abc import Mapping

from posthouse.mail.accounts.driver import Connect
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.keyed.driver import ConnectKeyed
from posthouse.mail.accounts.keyed.drivers import CONNECTS
from posthouse.mail.accounts.model import Kind
from posthouse.mail.accounts.pop3.driver import connect_pop3

_DRIVERS: Mapping[Kind, Connect | ConnectKeyed] = {
    "imap": connect_imap,
    "pop3": connect_pop3,
    **CONNECTS,
}


def driver_of(kind: Kind) -> Connect | ConnectKeyed | None:
    """None for a kind that cannot be linked yet."""
    return _DRIVERS.get(kind)
