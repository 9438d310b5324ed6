"""Which driver speaks to which kind of service."""

from collections.abc import Mapping

from posthouse.mail.accounts.ews.driver import connect_ews
from posthouse.mail.accounts.gmail.driver import connect_gmail
from posthouse.mail.accounts.graph import connect_graph
from posthouse.mail.accounts.keyed.driver import ConnectKeyed
from posthouse.mail.accounts.model import Kind

CONNECTS: Mapping[Kind, ConnectKeyed] = {
    "graph": connect_graph,
    "ews": connect_ews,
    "gmail": connect_gmail,
}
