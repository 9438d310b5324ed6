"""Servers as a domain's own documents name them: Thunderbird's and Outlook's."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from posthouse.mail.accounts.detection.model import FoundServer, Way
from posthouse.mail.accounts.detection.services import is_under
from posthouse.mail.accounts.detection.web import Page, Web
from posthouse.mail.accounts.model import Server
from posthouse.protocols.autoconfig import (
    BadDocument,
    Offer,
    OutlookAnswer,
    outlook_request,
    read_outlook_settings,
    read_thunderbird_config,
)
from posthouse.protocols.dns import CachingResolver

_MOST_REDIRECTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Autodiscovered:
    """What Autodiscover says. `exchange` is the host that knows of an Exchange server, or "";
    `ews` are addresses of its web services, as they were written.
    """

    servers: list[FoundServer]
    exchange: str = ""
    ews: tuple[str, ...] = ()
    vouched: bool = True


async def servers_by_autoconfig(web: Web, address: str, domain: str) -> list[FoundServer]:
    """By the documents of `domain`: the address's own, or that of who takes its mail.

    Over HTTPS all at once, and only if nobody answers over HTTP, where anybody on the way may.
    """
    query = f"?emailaddress={quote(address, safe='@')}"
    secure = (
        f"https://autoconfig.{domain}/mail/config-v1.1.xml{query}",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml{query}",
    )
    for urls in (secure, (f"http://autoconfig.{domain}/mail/config-v1.1.xml",)):
        pages = await asyncio.gather(*(web.get(url) for url in urls))
        for page in pages:
            if found := _read_config(page, address, domain):
                return found
    return []


async def servers_by_autodiscover(web: Web, address: str) -> Autodiscovered:
    """By Autodiscover, asked without a password ([MS-OXDISCO] 3.1.5)."""
    domain = address.rpartition("@")[2]
    urls = (
        f"https://autodiscover.{domain}/autodiscover/autodiscover.xml",
        f"https://{domain}/autodiscover/autodiscover.xml",
    )
    answers = await asyncio.gather(*(_discover(web, url, address) for url in urls))
    for answer in answers:
        if answer is not None and answer.servers:
            return answer
    return next((each for each in answers if each is not None), Autodiscovered(servers=[]))


async def servers_by_redirection(
    web: Web, resolver: CachingResolver, address: str
) -> Autodiscovered:
    """Where Autodiscover lies elsewhere: by a redirection over HTTP, else by an SRV record (EWS
    autodiscover-for-exchange, phase 3). Anybody on the way could have said either.
    """
    domain = address.rpartition("@")[2]
    page = await web.get(f"http://autodiscover.{domain}/autodiscover/autodiscover.xml")
    hosts = [page.host] if page is not None and page.secure else []
    if not hosts:
        records = (await resolver.srv(f"_autodiscover._tcp.{domain}")).records
        hosts = [each.host for each in records if each.port == 443][:_MOST_REDIRECTS]
    for host in hosts:
        url = f"https://{host}/autodiscover/autodiscover.xml"
        answer = await _discover(web, url, address, vouched=is_under(host, domain))
        if answer is not None:
            return answer
    return Autodiscovered(servers=[])


async def _discover(
    web: Web, url: str, address: str, *, vouched: bool = True
) -> Autodiscovered | None:
    for _ in range(_MOST_REDIRECTS + 1):
        page = await web.post(url, outlook_request(address))
        if page is None:
            return None
        if page.status == 401:  # Exchange wants a sign-in first; others have no such page
            return Autodiscovered(servers=[], exchange=page.host, vouched=vouched)
        answer = _read_settings(page, address)
        if answer is None:
            return None
        if not answer.redirect:
            return Autodiscovered(
                servers=_found(answer.offers, "autodiscover", page, vouched=vouched),
                exchange=page.host if answer.exchange else "",
                ews=answer.ews,
                vouched=vouched,
            )
        if "@" in answer.redirect:  # of another address, which we were not asked about
            return None
        if urlsplit(answer.redirect).scheme != "https":
            return None
        url = answer.redirect
    return None


def _read_config(page: Page | None, address: str, domain: str) -> list[FoundServer]:
    if page is None or page.status != 200:
        return []
    try:
        offers = read_thunderbird_config(page.content, address)
    except BadDocument:
        return []
    own = domain == address.rpartition("@")[2]
    return _found(offers, "autoconfig", page, vouched=page.secure and own)


def _read_settings(page: Page, address: str) -> OutlookAnswer | None:
    if page.status != 200:
        return None
    try:
        return read_outlook_settings(page.content, address)
    except BadDocument:
        return None


def _found(offers: Iterable[Offer], way: Way, page: Page, *, vouched: bool) -> list[FoundServer]:
    """What a password can go to: not in the clear, and not where only OAuth signs in."""
    return [
        FoundServer(
            protocol=offer.protocol,
            server=Server(host=offer.host, port=offer.port, security=offer.security),
            login=offer.login,
            way=way,
            detail=page.host,
            vouched=vouched,
        )
        for offer in offers
        if offer.security != "plain" and offer.password
    ]
