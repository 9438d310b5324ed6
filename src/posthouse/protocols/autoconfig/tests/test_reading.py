"""What others' documents tell us of their servers, and what hostile ones do not do to us."""

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.autoconfig import (
    BadDocument,
    Offer,
    OutlookAnswer,
    Service,
    outlook_request,
    outlook_settings,
    read_outlook_request,
    read_outlook_settings,
    read_thunderbird_config,
    thunderbird_config,
)
from posthouse.protocols.autoconfig.model import host_of, port_of
from posthouse.protocols.autoconfig.xml import LARGEST, read_document

ANNA = "anna@example.com"
CONFIG = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.com">
  <domain>example.com</domain>
  {servers}
</emailProvider></clientConfig>"""
SERVER = """<{tag}Server type="{kind}"><hostname>{host}</hostname><port>{port}</port>
<socketType>{security}</socketType><authentication>{way}</authentication>
<username>{login}</username></{tag}Server>"""
NAMES = st.from_regex(r"[a-z]{1,9}\.[a-z]{1,9}\.[a-z]{2,5}", fullmatch=True)


def config(**changes: str) -> bytes:
    server = {
        "tag": "incoming",
        "kind": "imap",
        "host": "imap.example.com",
        "port": "993",
        "security": "SSL",
        "way": "password-cleartext",
        "login": "%EMAILADDRESS%",
        **changes,
    }
    return CONFIG.format(servers=SERVER.format(**server)).encode()


def offer(**changes: object) -> Offer:
    told = {
        "protocol": "imap",
        "host": "imap.example.com",
        "port": 993,
        "security": "tls",
        "login": ANNA,
        **changes,
    }
    return Offer(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, offer()),
        ({"login": "%EMAILLOCALPART%"}, offer(login="anna")),
        ({"login": "%EMAILLOCALPART%%EMAILDOMAIN%"}, offer(login="annaexample.com")),
        ({"login": "%REALNAME%"}, offer()),
        ({"login": ""}, offer()),
        ({"host": "imap.%EMAILDOMAIN%"}, offer()),
        ({"host": "IMAP.Example.COM."}, offer()),
        ({"security": "STARTTLS", "port": "143"}, offer(security="starttls", port=143)),
        ({"security": "plain", "port": "143"}, offer(security="plain", port=143)),
        ({"way": "OAuth2"}, offer(password=False)),
        ({"kind": "pop3"}, offer(protocol="pop3")),
        ({"tag": "outgoing", "kind": "smtp"}, offer(protocol="smtp")),
    ],
)
def test_a_configuration_file(changes: dict[str, str], wanted: Offer):
    assert read_thunderbird_config(config(**changes), ANNA) == (wanted,)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "imap.example.com\r\nX"},
        {"host": "-.example.com"},
        {"host": "10.0.0.1"},
        {"host": "localhost"},
        {"host": ""},
        {"port": "0"},
        {"port": "70000"},
        {"port": "99٣"},  # a digit of another script
        {"security": "none"},
        {"kind": "exchange"},
        {"kind": "smtp"},  # not one that receives
    ],
)
def test_servers_without_sense_are_left_out(changes: dict[str, str]):
    assert read_thunderbird_config(config(**changes), ANNA) == ()


def test_both_ways_of_ours():
    services = [
        Service(protocol="imap", host="mail.example.com", port=993, implicit_tls=True),
        Service(protocol="pop3", host="mail.example.com", port=110, implicit_tls=False),
        Service(protocol="smtp", host="mail.example.com", port=587, implicit_tls=False),
    ]
    wanted = tuple(
        Offer(
            protocol=each.protocol,
            host=each.host,
            port=each.port,
            security="tls" if each.implicit_tls else "starttls",
            login=ANNA,
        )
        for each in services
    )
    written = thunderbird_config("example.com", "A & B", services)
    assert read_thunderbird_config(written, ANNA) == wanted
    assert read_outlook_settings(outlook_settings(ANNA, services), ANNA).offers == wanted
    assert read_outlook_request(outlook_request("a&b@example.com")) == "a&b@example.com"


OUTLOOK = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">
<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
<Account><AccountType>email</AccountType>{inside}</Account></Response></Autodiscover>"""
PROTOCOL = "<Protocol><Type>IMAP</Type><Server>imap.example.com</Server>{rest}</Protocol>"


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        ("<Port>993</Port>", offer()),
        ("<Port>993</Port><SSL>on</SSL>", offer()),
        ("<Port>143</Port><SSL>on</SSL>", offer(port=143, security="starttls")),
        ("<Port>143</Port><Encryption>Auto</Encryption>", offer(port=143, security="starttls")),
        ("<Port>143</Port><SSL>off</SSL>", offer(port=143, security="plain")),
        ("<Port>143</Port><Encryption>None</Encryption>", offer(port=143, security="plain")),
        ("<Port>9993</Port><Encryption>SSL</Encryption>", offer(port=9993)),
        ("<Port>993</Port><LoginName>anna</LoginName>", offer(login="anna")),
    ],
)
def test_what_outlook_is_told(rest: str, wanted: Offer):
    data = OUTLOOK.format(inside=PROTOCOL.format(rest=rest)).encode()
    assert read_outlook_settings(data, ANNA) == OutlookAnswer(offers=(wanted,))


def test_exchange_and_redirects_are_told():
    exchange = "<Protocol><Type>EXCH</Type><Server>ex.example.com</Server></Protocol>"
    answer = read_outlook_settings(OUTLOOK.format(inside=exchange).encode(), ANNA)
    assert answer == OutlookAnswer(exchange=True)
    inside_and_outside = (
        "<Protocol><Type>EXCH</Type><ASUrl>https://ex.local/EWS/Exchange.asmx</ASUrl></Protocol>"
        "<Protocol><Type>EXPR</Type><ASUrl>https://a/free</ASUrl>"
        "<EwsUrl>https://mail.example.com/EWS/Exchange.asmx</EwsUrl></Protocol>"
    )
    answer = read_outlook_settings(OUTLOOK.format(inside=inside_and_outside).encode(), ANNA)
    assert answer.ews == (
        "https://mail.example.com/EWS/Exchange.asmx",
        "https://ex.local/EWS/Exchange.asmx",
    )
    for inside, where in (
        ("<Action>redirectUrl</Action><RedirectUrl>https://a.example/</RedirectUrl>", "https://a"),
        ("<Action>redirectAddr</Action><RedirectAddr>anna@b.example</RedirectAddr>", "anna@b"),
    ):
        told = read_outlook_settings(OUTLOOK.format(inside=inside).encode(), ANNA)
        assert told.redirect.startswith(where)
        assert not told.offers
    assert read_outlook_settings(b"<Autodiscover/>", ANNA) == OutlookAnswer()


LAUGHS = b"""<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<clientConfig><emailProvider>&b;</emailProvider></clientConfig>"""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<clientConfig>",
        b"no document",
        b"<a></b>",
        LAUGHS,
        LAUGHS.decode().encode("utf-16"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<a>" * 200 + b"</a>" * 200,
        b"<a>" + b"<b/>" * 3_000 + b"</a>",
        b"<a>" + b"x" * LARGEST + b"</a>",
        b'<?xml version="1.0" encoding="idna"?><a/>',
        b'<?xml version="1.0" encoding="rot13"?><a/>',
        b'<?xml version="1.0" encoding="nothing-known"?><a/>',
    ],
)
def test_hostile_documents_are_refused(data: bytes):
    with pytest.raises(BadDocument):
        read_thunderbird_config(data, ANNA)
    with pytest.raises(BadDocument):
        read_outlook_settings(data, ANNA)


@given(st.binary(max_size=400) | st.text(alphabet='<>/&;#x"= aAé\x00[]!?-', max_size=200))
def test_any_octets_are_read_or_refused(data: bytes | str):
    octets = data if isinstance(data, bytes) else data.encode()
    try:
        read_document(octets)
    except BadDocument:
        return


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["imap", "pop3", "smtp", "caldav", ""]),
            st.text(max_size=20) | NAMES,
            st.text(max_size=8) | st.integers(-1, 70_000).map(str),
            st.sampled_from(["SSL", "STARTTLS", "plain", "x"]),
            st.text(max_size=12),
        ),
        max_size=30,
    )
)
def test_offers_hold_only_what_can_be_connected_to(servers: list[tuple[str, ...]]):
    inside = "".join(
        f"<incomingServer type={quoteattr(kind)}><hostname>{escape(host)}</hostname>"
        f"<port>{escape(port)}</port><socketType>{security}</socketType>"
        f"<username>{escape(login)}</username></incomingServer>"
        for kind, host, port, security, login in servers
    )
    try:
        offers = read_thunderbird_config(CONFIG.format(servers=inside).encode(), ANNA)
    except BadDocument:
        return  # a character that XML cannot hold
    assert len(offers) <= 16
    for each in offers:
        assert host_of(each.host) == each.host
        assert port_of(str(each.port)) == each.port
        assert each.login
        assert each.login.isprintable()
