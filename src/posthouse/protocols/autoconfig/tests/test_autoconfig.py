"""What programs read of our documents, and what we read of Outlook's."""

import plistlib
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.autoconfig import (
    OutlookError,
    Service,
    apple_profile,
    outlook_error,
    outlook_settings,
    read_outlook_request,
    thunderbird_config,
)

SERVICES = [
    Service(protocol="imap", host="mail.example.com", port=993, implicit_tls=True),
    Service(protocol="pop3", host="mail.example.com", port=110, implicit_tls=False),
    Service(protocol="smtp", host="mail.example.com", port=587, implicit_tls=False),
]
ASKED = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>{address}</EMailAddress>
    <AcceptableResponseSchema>{schema}</AcceptableResponseSchema>
  </Request>
</Autodiscover>"""
OURS = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"


def test_thunderbird():
    root = ElementTree.fromstring(thunderbird_config("example.com", "A & B", SERVICES))
    assert (root.tag, root.get("version")) == ("clientConfig", "1.1")
    (provider,) = root
    assert provider.get("id") == provider.findtext("domain") == "example.com"
    assert provider.findtext("displayName") == "A & B"
    incoming = provider.findall("incomingServer")
    assert [server.get("type") for server in incoming] == ["imap", "pop3"]
    (outgoing,) = provider.findall("outgoingServer")
    for server, port, way in (
        (incoming[0], "993", "SSL"),
        (incoming[1], "110", "STARTTLS"),
        (outgoing, "587", "STARTTLS"),
    ):
        assert {each.tag: each.text for each in server} == {
            "hostname": "mail.example.com",
            "port": port,
            "socketType": way,
            "authentication": "password-cleartext",
            "username": "%EMAILADDRESS%",
        }


def test_outlook():
    root = ElementTree.fromstring(outlook_settings("a&b@example.com", SERVICES))
    assert root.tag == f"{{{OURS.replace('outlook/', '').removesuffix('a')}}}Autodiscover"
    account = root.find(f"{{{OURS}}}Response/{{{OURS}}}Account")
    assert account is not None
    said = [{each.tag.partition("}")[2]: each.text for each in part} for part in account[2:]]
    assert [(part["Type"], part["Port"], part["SSL"], part["Encryption"]) for part in said] == [
        ("IMAP", "993", "on", "SSL"),
        ("POP3", "110", "off", "TLS"),
        ("SMTP", "587", "off", "TLS"),
    ]
    assert {part["LoginName"] for part in said} == {"a&b@example.com"}


def test_outlook_is_told_what_is_wrong():
    error = OutlookError(600, "Invalid Request")
    root = ElementTree.fromstring(outlook_error(error, datetime(2026, 11, 23, 5, 6, 7, tzinfo=UTC)))
    (response,) = root
    (details,) = response
    assert details.get("Time") == "05:06:07.000000"
    assert [each.text for each in details] == ["600", "Invalid Request", None]


def test_what_outlook_asks():
    asked = ASKED.format(address=" anna&amp;co@example.com ", schema=OURS)
    assert read_outlook_request(asked.encode()) == "anna&co@example.com"
    asked = asked.replace("<EMail", "<x:EMail").replace("</EMail", "</x:EMail")
    assert read_outlook_request(asked.encode()) == "anna&co@example.com"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 600),
        (b"\xff\xfe<", 600),
        (b"<EMailAddress></EMailAddress>", 600),
        (b"<EMailAddress>" + b"x" * 20_000, 600),
        (ASKED.format(address="a@b.example", schema=MOBILE).encode(), 601),
    ],
)
def test_what_cannot_be_answered(body: bytes, code: int):
    with pytest.raises(OutlookError) as caught:
        read_outlook_request(body)
    assert caught.value.code == code


@given(st.text(min_size=1).map(str.strip).filter(lambda text: text and text.isprintable()))
def test_whatever_the_address_the_answer_is_xml(address: str):
    assert ElementTree.fromstring(outlook_settings(address, SERVICES)) is not None


def test_apple():
    submissions = Service(protocol="smtp", host="mx.example.com", port=465, implicit_tls=True)
    made = apple_profile(
        address="anna@example.com",
        name="Anna 安娜",
        organisation="example.com",
        services=[*SERVICES, submissions],
    )
    assert made is not None
    profile = plistlib.loads(made)
    assert profile["PayloadType"] == "Configuration"
    (mail,) = profile["PayloadContent"]
    assert mail["PayloadType"] == "com.apple.mail.managed"
    assert profile["PayloadUUID"] != mail["PayloadUUID"]
    for way, host, port in (
        ("Incoming", "mail.example.com", 993),
        ("Outgoing", "mx.example.com", 465),
    ):
        assert mail[f"{way}MailServerHostName"] == host
        assert mail[f"{way}MailServerPortNumber"] == port
        assert mail[f"{way}MailServerUseSSL"] is True
        assert mail[f"{way}MailServerUsername"] == "anna@example.com"
    assert (mail["EmailAccountName"], mail["EmailAccountType"]) == ("Anna 安娜", "EmailTypeIMAP")
    assert not any("Password" in name and isinstance(value, str) for name, value in mail.items())


def test_apple_wants_tls_from_the_start():
    made = apple_profile(address="a@b.example", name="", organisation="", services=SERVICES)
    assert made is None
