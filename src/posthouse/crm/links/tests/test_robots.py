"""Addresses nobody reads."""

import pytest

from posthouse.crm.links.robots import is_robot


@pytest.mark.parametrize(
    "local",
    [
        *("no-reply", "noreply", "NoReply", "do-not-reply", "donotreply", "do_not_reply"),
        *("mailer-daemon", "MAILER-DAEMON", "postmaster", "bounce", "bounces+123", "bounce-77"),
        *(
            "notifications",
            "notification",
            "newsletter",
            "alerts",
            "no-reply+abc",
            "orders-noreply",
        ),
        *("prvs=abc123=anna", "SRS0=HHH=TT=kunde.example=anna", "anna=kunde.example"),
        *("0123456789abcdef0123456789", "autoreply", "mailman", ""),
    ],
)
def test_machines(local: str):
    assert is_robot(f"{local}@kunde.example")


@pytest.mark.parametrize(
    "local",
    [
        *("li.wei", "anna", "info", "sales", "support", "einkauf", "office", "noreen", "nobert"),
        *("li+orders", "10001", "o'brien", "王小明", "notary", "alertson", "newsom", "bouncer.bob"),
    ],
)
def test_people(local: str):
    assert not is_robot(f"{local}@kunde.example")
