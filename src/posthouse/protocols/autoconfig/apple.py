"""A configuration profile for the mail of iPhone, iPad and Mac (com.apple.mail.managed)."""

import plistlib
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from posthouse.protocols.autoconfig.model import Service


def apple_profile(
    *, address: str, name: str, organisation: str, services: Sequence[Service]
) -> bytes | None:
    """A .mobileconfig without a password, which the device asks for.

    None when no service starts with TLS: Apple's Mail takes a port with STARTTLS only when it is
    the usual one. The same address gets the same identifiers, so that a profile replaces an older
    one.
    """
    safe = [service for service in services if service.implicit_tls]
    receiving = next((each for each in safe if each.protocol == "imap"), None)
    sending = next((each for each in safe if each.protocol == "smtp"), None)
    if receiving is None or sending is None:
        return None
    mail = {
        **_payload("com.apple.mail.managed", f"mail:{receiving.host}/{address}", address),
        "EmailAccountDescription": organisation,
        "EmailAccountName": name,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAddress": address,
        **_server("Incoming", receiving, address),
        **_server("Outgoing", sending, address),
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    profile = {
        **_payload("Configuration", f"profile:{receiving.host}/{address}", address),
        "PayloadOrganization": organisation,
        "PayloadContent": [mail],
        "PayloadRemovalDisallowed": False,
    }
    return plistlib.dumps(profile)


def _payload(kind: str, subject: str, address: str) -> dict[str, object]:
    identity = uuid5(NAMESPACE_URL, subject)
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"posthouse.{identity}",
        "PayloadUUID": str(identity).upper(),
        "PayloadDisplayName": address,
    }


def _server(way: str, service: Service, address: str) -> dict[str, object]:
    return {
        f"{way}MailServerAuthentication": "EmailAuthPassword",
        f"{way}MailServerHostName": service.host,
        f"{way}MailServerPortNumber": service.port,
        f"{way}MailServerUseSSL": service.implicit_tls,
        f"{way}MailServerUsername": address,
    }
