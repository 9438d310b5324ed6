"""Which counters an attempt has. No database."""

from posthouse.foundation.sources import network_of
from posthouse.security.members.lockout import counters


def test_one_ipv4_address_is_one_network():
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"


def test_an_ipv6_customer_holds_a_64():
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::7") != network_of("2001:db8:1:3::7")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")


def test_loopback_is_many_people_behind_one_address():
    assert len(counters("anna@a.example", "127.0.0.1").wide) == 1
    assert len(counters("anna@a.example", "::1").wide) == 1
    assert len(counters("anna@a.example", "192.0.2.7").wide) == 2


def test_counters_differ_by_address_and_network():
    first = counters("anna@a.example", "192.0.2.7")
    assert first.pair != counters("bert@a.example", "192.0.2.7").pair
    assert first.pair != counters("anna@a.example", "192.0.2.8").pair
    assert first.pair == counters("anna@a.example", "192.0.2.7").pair
