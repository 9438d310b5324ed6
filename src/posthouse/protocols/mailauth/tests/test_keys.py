import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.keys import (
    BadKey,
    KeyKind,
    dns_value,
    generate_key,
    load_private_key,
    parse_key_record,
    to_pem,
)

ED25519_TXT = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8463 A.2
P = ED25519_TXT.partition(b"p=")[2]


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_new_key_is_read_from_its_own_record(kind: KeyKind):
    der = generate_key(kind)
    record = parse_key_record(dns_value(der).encode())
    assert record.kind is kind
    assert record.public == load_private_key(der).public_key()
    assert load_private_key(to_pem(der)).public_key() == record.public


def test_loading_is_kept():
    der = generate_key(KeyKind.ED25519)
    assert load_private_key(der) is load_private_key(der)


def test_an_rsa_record_fits_a_dns_answer_and_has_2048_bits():
    der = generate_key(KeyKind.RSA)
    assert load_private_key(der).public_key().key_size == 2048  # type: ignore[union-attr]
    assert len(dns_value(der)) < 450


def rsa_record(bits: int) -> bytes:
    key = rsa.generate_private_key(65_537, bits).public_key()
    octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; p=" + base64.b64encode(octets)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"v=DKIM1; k=rsa; p=", "revoked"),
        (b"v=DKIM1; k=rsa", "without key"),
        (b"v=DKIM2; k=ed25519; p=" + P, "not DKIM1"),
        (b"k=ed25519; v=DKIM1; p=" + P, "not DKIM1"),
        (b"v=DKIM1; k=ed25519; h=sha1; p=" + P, "does not allow sha256"),
        (b"v=DKIM1; k=ed25519; s=web; p=" + P, "not for mail"),
        (b"v=DKIM1; k=dsa; p=" + P, "unknown kind"),
        (b"v=DKIM1; k=rsa; p=" + P, "broken"),
        (b"v=DKIM1; k=ed25519; p=AAAA", "broken"),
        (b"v=DKIM1; k=ed25519; p=!!", "broken"),
        (b"v=spf1 -all", "not DKIM1"),
        (b"google-site-verification:x", "syntax error"),
        (b"\xff", "syntax error"),
        (b"v=DKIM1; p=a; p=b", "syntax error"),
    ],
)
def test_records_that_no_signature_can_use(record: bytes, reason: str):
    with pytest.raises(BadKey, match=reason):
        parse_key_record(record)


def test_short_and_huge_rsa_keys_are_refused():
    with pytest.raises(BadKey, match="4608 bits is too long"):
        parse_key_record(rsa_record(4608))
    # 512 bits, made elsewhere: cryptography no longer makes them
    short = (
        b"p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAJ6dXGk8VQuNsXJqBkYVzZtUQZEaOWhGSL3nVuVQhPpR"
        b"yxBZJcIVUv6fZ8zJ9nN8Y1qOJ5GQkJY7Qx0V0mDkXkCAwEAAQ=="
    )
    with pytest.raises(BadKey):
        parse_key_record(short)


@pytest.mark.parametrize(
    ("extra", "strict", "testing"),
    [
        (b"", False, False),
        (b" t=y:s;", True, True),
        (b" t = S ;", True, False),
        (b";;", False, False),
    ],
)
def test_flags(extra: bytes, strict: bool, testing: bool):
    record = parse_key_record(b"v=DKIM1;" + extra + b" k=ed25519; h = sha1 : SHA256; p=" + P)
    assert (record.strict, record.testing) == (strict, testing)


def test_other_private_keys_are_refused():
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    for encoded in (curve, b"", b"-----BEGIN PRIVATE KEY-----\n", b"x" * 1000):
        with pytest.raises(BadKey):
            load_private_key(encoded)


@given(st.binary() | st.text().map(str.encode))
def test_any_octets_are_a_record_or_refused(octets: bytes):
    try:
        parse_key_record(b"v=DKIM1;" + octets)
    except BadKey:
        return
