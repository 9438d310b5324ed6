import pytest

from posthouse.foundation.errors import Denied, Invalid
from posthouse.protocols.smtp.address import parse_address
from posthouse.servers.smtp.alignment import require_header, require_sender

MINE = frozenset({"anna@acme.example", "sales@acme.example", "anna@xn--fsqu00a.example"})
ANNA = parse_address("anna@acme.example")


@pytest.mark.parametrize(
    "address", ["ANNA@Acme.example", "anna@例子.example", "sales@acme.example"]
)
def test_own_addresses_in_any_spelling(address):
    require_sender(parse_address(address), MINE)
    require_header(f"From: A <{address}>\r\n\r\nx".encode(), ANNA, MINE)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("From: boss@acme.example", "boss@acme.example"),
        ("From: anna@acme.example, Boss <boss@acme.example>", "boss@acme.example"),
        ('From: "anna@acme.example" <boss@acme.example>', "boss@acme.example"),
        ("From: anna@acme.example\r\nSender: boss@acme.example", "boss@acme.example"),
        ("From: anna@acme.example.evil.example", "anna@acme.example.evil.example"),
        ("From: =?utf-8?q?anna=40acme=2Eexample?= <x@far.example>", "x@far.example"),
    ],
)
def test_a_foreign_name_is_refused_and_said(header, named):
    """RFC 6409 6.1."""
    with pytest.raises(Denied, match=f"You may not send as {named}."):
        require_header(f"{header}\r\n\r\nx".encode(), ANNA, MINE)
    with pytest.raises(Denied, match="You may not send as boss@acme"):
        require_sender(parse_address("boss@acme.example"), MINE)


@pytest.mark.parametrize(
    "header",
    [
        "Subject: nobody's",
        "From: ",
        "From: nobody",
        "From: anna@acme.example\r\nFrom: anna@acme.example",
        "From: anna@acme.example\r\nSender: anna@acme.example\r\nSender: sales@acme.example",
    ],
)
def test_exactly_one_author_field(header):
    """RFC 5322 3.6."""
    with pytest.raises((Invalid, Denied)):
        require_header(f"{header}\r\n\r\nFrom: anna@acme.example\r\n".encode(), ANNA, MINE)


def test_the_null_return_path_is_for_machines():
    """RFC 5321 4.5.5, RFC 8098 3, RFC 3834 5."""
    own = "From: anna@acme.example\r\n"
    for fields in (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n",
        "Auto-Submitted: auto-replied\r\n",
    ):
        require_header(f"{own}{fields}\r\nx".encode(), None, MINE)
        with pytest.raises(Denied):
            require_header(f"From: x@far.example\r\n{fields}\r\nx".encode(), None, MINE)
    for fields in ("", "Auto-Submitted: no\r\n", "Content-Type: multipart/mixed\r\n"):
        with pytest.raises(Denied, match="empty return path"):
            require_header(f"{own}{fields}\r\nx".encode(), None, MINE)
