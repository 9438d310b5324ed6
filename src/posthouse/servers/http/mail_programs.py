"""What mail programs ask before a member has signed in anywhere: servers, ports, encryption.

Only for domains that are hosted here, which their MX records say already; whether an address exists
is told to nobody.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get, post

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.settings import Settings
from posthouse.protocols.autoconfig import (
    OutlookError,
    Protocol,
    Service,
    outlook_error,
    outlook_settings,
    read_outlook_request,
    thunderbird_config,
)
from posthouse.protocols.autoconfig.outlook import NO_SUCH_ADDRESS
from posthouse.security.members import normal_address, workspace_of_domain

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


HANDLERS = (thunderbird, outlook)


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
