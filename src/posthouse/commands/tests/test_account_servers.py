"""Servers as an operator types them."""

import pytest

from posthouse.commands.account_servers import incoming_server
from posthouse.foundation.errors import Invalid
from posthouse.mail.accounts.model import Server


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("mail.kunde.example", Server(host="mail.kunde.example", port=443)),
        (
            "https://mail.kunde.example/EWS/Exchange.asmx",
            Server(host="mail.kunde.example", port=443, path="/EWS/Exchange.asmx"),
        ),
        ("https://[::1]:8443/", Server(host="::1", port=8443)),
    ],
)
def test_web_services(typed: str, wanted: Server):
    assert incoming_server(None, None, typed, None) == ("ews", wanted)


@pytest.mark.parametrize("typed", ["http://mail.kunde.example", "https://a:b", "https://"])
def test_what_are_no_web_services(typed: str):
    with pytest.raises(Invalid):
        incoming_server(None, None, typed, None)


def test_one_way_and_no_more():
    assert incoming_server("imap.kunde.example:143", None, None, None)[1].security == "starttls"
    assert incoming_server(None, "pop.kunde.example:995", None, "plain")[1].security == "plain"
    for imap, pop3, ews in ((None, None, None), ("a:1", "b:1", None), ("a:1", None, "c")):
        with pytest.raises(Invalid):
            incoming_server(imap, pop3, ews, None)
