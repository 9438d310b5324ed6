"""Thunderbird's configuration file (config-v1.1), which many other programs read as well.

https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from posthouse.protocols.autoconfig.model import Service
from posthouse.protocols.autoconfig.xml import document, say


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
