"""Outlook's Autodiscover in its older form, "plain old XML" ([MS-OXDSCLI] 2.2.3 and 2.2.4).

Outlook asks by POST with an address in XML, and wants its answer in XML, errors too, with 200.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Literal, cast
from xml.etree import ElementTree

from posthouse.protocols.autoconfig.model import Offer, Protocol, Service, host_of, port_of
from posthouse.protocols.autoconfig.xml import document, read_document, say

_ANSWER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_ASKED = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_SETTINGS = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_LONGEST_REQUEST = 16_384
_LONGEST_LOGIN = 320
_MOST_PROTOCOLS = 16
_TLS_PORTS = (465, 993, 995)
_LONGEST_URL = 1_000
# [MS-OXDSCLI] 2.2.4.1.1.2.6.50: EXPR and EXHTTP are for who is outside, EXCH for who is inside.
_EXCHANGE = ("EXPR", "EXHTTP", "EXCH")
# No XML parser reads what a stranger sent: of the request only this element counts.
_ADDRESS = re.compile(r"<(?:\w{1,20}:)?EMailAddress>([^<>]{1,500})</", re.IGNORECASE)
_SCHEMA = re.compile(r"<(?:\w{1,20}:)?AcceptableResponseSchema>([^<>]{1,500})</", re.IGNORECASE)


class OutlookError(ValueError):
    """A request that cannot be answered; `code` as Outlook knows it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookAnswer:
    """What a server says of an address. `redirect` is where to ask instead, as it was written: an
    address of the web or of mail. `exchange`: there is an Exchange server, whatever else. `ews` are
    addresses of its web services as they were written, those for who is outside first.
    """

    offers: tuple[Offer, ...] = ()
    redirect: str = ""
    exchange: bool = False
    ews: tuple[str, ...] = ()


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


def outlook_request(address: str) -> bytes:
    """The question for an address, without any password."""
    root = ElementTree.Element("Autodiscover", xmlns=_ASKED)
    request = ElementTree.SubElement(root, "Request")
    say(request, EMailAddress=address, AcceptableResponseSchema=_SETTINGS)
    return document(root)


def read_outlook_settings(data: bytes, address: str) -> OutlookAnswer:
    """An answer ([MS-OXDSCLI] 2.2.4.1); what makes no sense in it is left out.

    Raises BadDocument.
    """
    account = read_document(data).find("Response/Account")
    if account is None:
        return OutlookAnswer()
    action = account.findtext("Action", "").strip()
    if action in ("redirectUrl", "redirectAddr"):
        where = account.findtext(action[0].upper() + action[1:], "")
        return OutlookAnswer(redirect=where.strip()[:2_000])
    protocols = account.findall("Protocol")[:_MOST_PROTOCOLS]
    offers = [_offer(protocol, address) for protocol in protocols]
    exchange = [
        protocol
        for kind in _EXCHANGE
        for protocol in protocols
        if protocol.findtext("Type", "").strip() == kind
    ]
    services = (
        protocol.findtext("EwsUrl", "").strip() or protocol.findtext("ASUrl", "").strip()
        for protocol in exchange
    )
    return OutlookAnswer(
        offers=tuple(offer for offer in offers if offer is not None),
        exchange=bool(exchange),
        ews=tuple(dict.fromkeys(url[:_LONGEST_URL] for url in services if url)),
    )


def _offer(protocol: ElementTree.Element, address: str) -> Offer | None:
    kind = protocol.findtext("Type", "").strip().lower()
    host = host_of(protocol.findtext("Server", ""))
    port = port_of(protocol.findtext("Port", ""))
    if kind not in ("imap", "pop3", "smtp") or host is None or port is None:
        return None
    login = protocol.findtext("LoginName", "").strip()
    return Offer(
        protocol=cast(Protocol, kind),
        host=host,
        port=port,
        security=_security(protocol, port),
        login=login if 0 < len(login) <= _LONGEST_LOGIN and login.isprintable() else address,
    )


def _security(protocol: ElementTree.Element, port: int) -> Literal["tls", "starttls", "plain"]:
    """Encryption wins over SSL, and SSL is on unless it says off ([MS-OXDSCLI] 2.2.4.1.1.2.6)."""
    encryption = protocol.findtext("Encryption", "").strip().lower()
    ssl = protocol.findtext("SSL", "on").strip().lower() != "off"
    if encryption == "none" or (not encryption and not ssl):
        return "plain"
    if encryption == "tls":
        return "starttls"
    if encryption == "ssl":
        return "tls"
    # "Auto", or nothing but SSL, which older servers say of STARTTLS as well.
    return "tls" if port in _TLS_PORTS else "starttls"


def _response(namespace: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("Autodiscover", xmlns=_ANSWER)
    return root, ElementTree.SubElement(root, "Response", xmlns=namespace)
