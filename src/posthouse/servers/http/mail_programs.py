"""Servers, ports and encryption for mail programs.

Programs ask before a member has signed in anywhere. They are answered for domains that are hosted
here, which MX records say already; whether an address exists is told to nobody. Members see the
same in the page, and take a profile for their iPhone.
"""

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, get, post

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import Settings
from posthouse.protocols.autoconfig import (
    OutlookError,
    Protocol,
    Service,
    apple_profile,
    outlook_error,
    outlook_settings,
    read_outlook_request,
    thunderbird_config,
)
from posthouse.protocols.autoconfig.outlook import NO_SUCH_ADDRESS
from posthouse.security.members import Actor, normal_address, workspace_of_domain

_XML = "text/xml"
# In the order in which programs should take them.
_SERVICES: tuple[tuple[str, Protocol, bool], ...] = (
    ("imaps", "imap", True),
    ("imap", "imap", False),
    ("pop3s", "pop3", True),
    ("pop3", "pop3", False),
    ("submissions", "smtp", True),
    ("submission", "smtp", False),
)
_AUTOCONFIG = "autoconfig."


class MailService(msgspec.Struct, frozen=True, kw_only=True):
    """One way to get or to send mail. `security`: TLS from the start, or by STARTTLS."""

    protocol: Protocol
    host: str
    port: int
    security: Literal["tls", "starttls"]


class MailPrograms(msgspec.Struct, frozen=True, kw_only=True):
    """What to enter: the address is the name to sign in with, everywhere."""

    address: str
    services: list[MailService]


def services_of(settings: Settings) -> list[Service]:
    """What the listeners of this installation offer to programs."""
    found = []
    for listener, protocol, implicit_tls in _SERVICES:
        address = settings.listener(listener)
        if address is not None:
            found.append(
                Service(
                    protocol=protocol,
                    host=settings.hostname,
                    port=address[1],
                    implicit_tls=implicit_tls,
                )
            )
    return found


@get(
    ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"],
    include_in_schema=False,
)
async def thunderbird(
    request: Request[Any, Any, Any], database: Database, emailaddress: str = ""
) -> Response[bytes]:
    """For the domain of the address, else for the one in whose name it is asked."""
    domain = emailaddress.rpartition("@")[2] or _asked_name(request)
    await workspace_of_domain(database, domain)
    settings = database.service(Settings)
    return Response(
        thunderbird_config(domain.lower(), domain.lower(), services_of(settings)), media_type=_XML
    )


@post(
    [
        "/autodiscover/autodiscover.xml",
        "/Autodiscover/Autodiscover.xml",
        "/AutoDiscover/AutoDiscover.xml",
    ],
    include_in_schema=False,
    status_code=200,
)
async def outlook(request: Request[Any, Any, Any], database: Database) -> Response[bytes]:
    """Errors are said in Outlook's own words."""
    try:
        address = await _hosted(database, read_outlook_request(await request.body()))
        answer = outlook_settings(address, services_of(database.service(Settings)))
    except OutlookError as error:
        answer = outlook_error(error, clock.now())
    return Response(answer, media_type=_XML)


@get("/me/mail-programs", summary="What to enter in mail programs")
async def read_services(actor: Actor, database: Database) -> MailPrograms:
    """In the order in which one should try them; the name to sign in with is the address."""
    return MailPrograms(
        address=actor.address,
        services=[
            MailService(
                protocol=service.protocol,
                host=service.host,
                port=service.port,
                security="tls" if service.implicit_tls else "starttls",
            )
            for service in services_of(database.service(Settings))
        ],
    )


@get(
    "/me/mail-profile",
    summary="A profile for the mail of iPhone, iPad and Mac",
    media_type="application/x-apple-aspen-config",
)
async def apple(actor: Actor, database: Database) -> Response[bytes]:
    """One's own mailbox, without the password, which the device asks for. Raises NotFound."""
    profile = apple_profile(
        address=actor.address,
        name=actor.name,
        organisation=actor.address.rpartition("@")[2],
        services=services_of(database.service(Settings)),
    )
    if profile is None:
        raise NotFound("This server has no IMAP and submission with TLS from the start.")
    headers = {"Content-Disposition": 'attachment; filename="mail.mobileconfig"'}
    return Response(profile, headers=headers)


# Outside the API, where the programs look.
HANDLERS = (thunderbird, outlook)
router = Router(path="/", tags=["session"], route_handlers=[read_services, apple])


async def _hosted(database: Database, text: str) -> str:
    try:
        address = normal_address(text)
        await workspace_of_domain(database, address.rpartition("@")[2])
    except (Invalid, NotFound):
        message = "The e-mail address cannot be found."
        raise OutlookError(NO_SUCH_ADDRESS, message) from None
    return address


def _asked_name(request: Request[Any, Any, Any]) -> str:
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return host.removeprefix(_AUTOCONFIG)
