"""Certificates beside TLSA records, usage by usage (RFC 7671 5, RFC 7672 3)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.dns import Tlsa
from posthouse.protocols.tls_policy.dane import is_usable, matches
from tests.support.authority import Issued, issue, make_authority

MX = "mx.example.org"
ROOT = make_authority()
MIDDLE = make_authority("A lesser one", ROOT)
SERVER = issue(MIDDLE, MX)
ALONE = issue(None, "whatever.example", days=-1)
STRANGER = issue(make_authority("A stranger"), MX)


def record(usage: int, selector: int, matching: int, of: Issued) -> Tlsa:
    data = of.spki if selector else of.der
    digests = {0: lambda d: d, 1: hashlib.sha256, 2: hashlib.sha512}
    made = digests[matching](data)
    return Tlsa(usage, selector, matching, made if matching == 0 else made.digest())


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
def test_a_server_s_own_certificate_or_key(selector: int, matching: int):
    wanted = record(3, selector, matching, ALONE)
    assert is_usable(wanted)
    assert matches(ALONE.chain, [wanted], [MX])  # neither name nor date matter
    assert not matches(STRANGER.chain, [wanted], [MX])
    assert not matches(SERVER.chain, [record(3, selector, matching, ROOT)], [MX])


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("anchor", [ROOT, MIDDLE])
def test_a_trust_anchor_that_is_shown(selector: int, anchor: Issued):
    wanted = record(2, selector, 1, anchor)
    assert matches(SERVER.chain, [wanted], [MX])
    assert matches(SERVER.chain, [wanted], ["other.example", MX])
    assert not matches(SERVER.chain, [wanted], ["other.example"])
    assert not matches(STRANGER.chain, [wanted], [MX])
    # An anchor that is shown beside a chain of somebody else vouches for nothing.
    assert not matches([STRANGER.der, *SERVER.chain[1:]], [wanted], [MX])


def test_a_trust_anchor_that_stands_in_dns():
    assert matches(SERVER.chain[:2], [record(2, 0, 0, ROOT)], [MX])
    assert not matches(SERVER.chain[:2], [record(2, 0, 1, ROOT)], [MX])


def test_a_chain_that_has_expired():
    old = issue(MIDDLE, MX, days=-1)
    assert not matches(old.chain, [record(2, 0, 1, MIDDLE)], [MX])


def test_a_server_is_no_authority():
    child = issue(SERVER, MX)
    assert not matches(child.chain, [record(2, 0, 1, SERVER)], [MX])


def test_one_record_of_several_is_enough():
    several = [record(3, 1, 1, STRANGER), record(2, 0, 1, ROOT), record(3, 1, 1, ALONE)]
    assert matches(SERVER.chain, several, [MX])
    assert matches(ALONE.chain, several, [MX])


@pytest.mark.parametrize(
    "unusable",
    [
        Tlsa(0, 0, 1, bytes(32)),
        Tlsa(1, 1, 1, bytes(32)),
        Tlsa(4, 1, 1, bytes(32)),
        Tlsa(3, 2, 1, bytes(32)),
        Tlsa(3, 1, 3, bytes(32)),
        Tlsa(3, 1, 1, bytes(31)),
        Tlsa(3, 1, 2, bytes(32)),
        Tlsa(3, 1, 0, b""),
    ],
)
def test_records_that_nobody_can_use(unusable: Tlsa):
    assert not is_usable(unusable)


@given(st.lists(st.binary(max_size=50), max_size=4), st.binary(min_size=1, max_size=40))
def test_whatever_is_shown(chain: list[bytes], data: bytes):
    records = [Tlsa(2, 0, 0, data), Tlsa(3, 0, 0, data)]
    assert not matches(chain, records, [MX])
    assert not matches([SERVER.der, *chain], records, [MX])
