"""Outlook's Autodiscover in its older form, "plain old XML" ([MS-OXDSCLI] 2.2.3 and 2.2.4).

Outlook asks by POST with an address in XML, and wants its answer in XML, errors too, with 200.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from html import unescape
from xml.etree import ElementTree

from posthouse.protocols.autoconfig.model import Service
from posthouse.protocols.autoconfig.xml import document, say

_ANSWER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_SETTINGS = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_LONGEST_REQUEST = 16_384
# No XML parser reads what a stranger sent: of the request only this element counts.
_ADDRESS = re.compile(r"<(?:\w{1,20}:)?EMailAddress>([^<>]{1,500})</", re.IGNORECASE)
_SCHEMA = re.compile(r"<(?:\w{1,20}:)?AcceptableResponseSchema>([^<>]{1,500})</", re.IGNORECASE)


class OutlookError(ValueError):
    """A request that cannot be answered; `code` as Outlook knows it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


INVALID_REQUEST = 600
OTHER_SCHEMA = 601
NO_SUCH_ADDRESS = 500


def read_outlook_request(body: bytes) -> str:
    """The address that is asked for, unchecked. Raises OutlookError."""
    text = body[:_LONGEST_REQUEST].decode("utf-8", "replace")
    found = _ADDRESS.search(text)
    if found is None:
        raise OutlookError(INVALID_REQUEST, "Invalid Request")
    schema = _SCHEMA.search(text)
    if schema is not None and schema[1].strip() != _SETTINGS:
        raise OutlookError(OTHER_SCHEMA, "Provider is not available")
    return unescape(found[1]).strip()


def outlook_settings(address: str, services: Sequence[Service]) -> bytes:
    """The answer for an address."""
    root, response = _response(_SETTINGS)
    account = ElementTree.SubElement(response, "Account")
    say(account, AccountType="email", Action="settings")
    for service in services:
        protocol = ElementTree.SubElement(account, "Protocol")
        say(
            protocol,
            Type=service.protocol.upper(),
            Server=service.host,
            Port=str(service.port),
            LoginName=address,
            DomainRequired="off",
            SPA="off",
            SSL="on" if service.implicit_tls else "off",
            Encryption="SSL" if service.implicit_tls else "TLS",
            AuthRequired="on",
        )
        if service.protocol == "smtp":
            say(protocol, UsePOPAuth="off", SMTPLast="off")
    return document(root)


def outlook_error(error: OutlookError, now: datetime) -> bytes:
    """The answer to who asked wrongly, or for nobody."""
    root, response = _response(_ANSWER)
    time = now.strftime("%H:%M:%S.%f")
    details = ElementTree.SubElement(response, "Error", Time=time, Id="1")
    say(details, ErrorCode=str(error.code), Message=error.text, DebugData="")
    return document(root)


def _response(namespace: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("Autodiscover", xmlns=_ANSWER)
    return root, ElementTree.SubElement(root, "Response", xmlns=namespace)
