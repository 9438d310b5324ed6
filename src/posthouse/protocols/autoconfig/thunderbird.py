"""Thunderbird's configuration file (config-v1.1), which many other programs read as well.

https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
"""

from collections.abc import Iterator, Sequence
from typing import Literal, cast
from xml.etree import ElementTree

from posthouse.protocols.autoconfig.model import Offer, Protocol, Service, host_of, port_of
from posthouse.protocols.autoconfig.xml import document, read_document, say

_SECURITY: dict[str, Literal["tls", "starttls", "plain"]] = {
    "SSL": "tls",
    "TLS": "tls",
    "STARTTLS": "starttls",
    "plain": "plain",
}
# "plain" and "secure" are what the oldest documents say.
_BY_PASSWORD = {"password-cleartext", "password-encrypted", "plain", "secure"}
_MOST_OFFERS = 16
_LONGEST_LOGIN = 320


def thunderbird_config(domain: str, name: str, services: Sequence[Service]) -> bytes:
    """The document for addresses of `domain`; the program puts the address in itself."""
    root = ElementTree.Element("clientConfig", version="1.1")
    provider = ElementTree.SubElement(root, "emailProvider", id=domain)
    say(provider, domain=domain, displayName=name, displayShortName=name)
    for service in services:
        kind = "outgoingServer" if service.protocol == "smtp" else "incomingServer"
        server = ElementTree.SubElement(provider, kind, type=service.protocol)
        say(
            server,
            hostname=service.host,
            port=str(service.port),
            socketType="SSL" if service.implicit_tls else "STARTTLS",
            authentication="password-cleartext",
            username="%EMAILADDRESS%",
        )
    return document(root)


def read_thunderbird_config(data: bytes, address: str) -> tuple[Offer, ...]:
    """The servers for `address` in their order; those without sense are left out.

    Raises BadDocument.
    """
    root = read_document(data)
    providers = [root] if root.tag == "emailProvider" else root.findall("emailProvider")
    offers: list[Offer] = []
    for provider in providers[:1]:
        for server in provider:
            offers += _offer(server, address)
    return tuple(offers[:_MOST_OFFERS])


def _offer(server: ElementTree.Element, address: str) -> Iterator[Offer]:
    wanted = {"incomingServer": ("imap", "pop3"), "outgoingServer": ("smtp",)}.get(server.tag, ())
    protocol = server.get("type", "").lower()
    host = host_of(_filled(server.findtext("hostname", ""), address))
    port = port_of(server.findtext("port", ""))
    security = _SECURITY.get(server.findtext("socketType", "").strip())
    if protocol not in wanted or host is None or port is None or security is None:
        return
    ways = {way.text.strip() for way in server.findall("authentication") if way.text}
    yield Offer(
        protocol=cast(Protocol, protocol),
        host=host,
        port=port,
        security=security,
        login=_login(server.findtext("username", ""), address),
        password=not ways or bool(ways & _BY_PASSWORD),
    )


def _login(username: str, address: str) -> str:
    """What is asked of a person (an input field of the document) is not guessed: the address."""
    login = _filled(username, address).strip()
    if not login or "%" in login or len(login) > _LONGEST_LOGIN or not login.isprintable():
        return address
    return login


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    return (
        text[:1_000]
        .replace("%EMAILADDRESS%", address)
        .replace("%EMAILLOCALPART%", local)
        .replace("%EMAILDOMAIN%", domain)
    )
