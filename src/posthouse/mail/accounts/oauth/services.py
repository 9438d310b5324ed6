"""Which services this house may ask for consent: those it is registered at."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.detection import providers
from posthouse.mail.accounts.detection.model import Provider
from posthouse.mail.accounts.model import Kind
from posthouse.mail.accounts.oauth.model import Client, Service


class Clients:
    """How this house is registered, by service. A test provides its own to the database."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = dict(clients)

    def of_service(self, key: str) -> Client | None:
        """None where we are not registered (any more)."""
        return self._clients.get(key)

    def of_provider(self, key: str, kind: Kind) -> Client | None:
        """Of a mail provider; None when none of our services speaks for it."""
        found = (each for each in self._of(key) if each.service.kind == kind)
        return next(found, None)

    def kinds_of(self, key: str) -> list[Kind]:
        """What we may ask that provider for, the better ones first."""
        return list(dict.fromkeys(each.service.kind for each in self._of(key)))

    def _of(self, key: str) -> list[Client]:
        return [each for each in self._clients.values() if key in each.service.providers]


def clients_of(database: Database) -> Clients:
    """Those of this process."""
    try:
        return database.service(Clients)
    except KeyError:
        clients = registered(database.service(Settings))
        database.provide(clients)
        return clients


def registered(settings: Settings) -> Clients:
    """By the settings."""
    # Graph tells of all folders at once; the Gmail API gives out mail far slower than IMAP.
    own = {
        "microsoft-graph": (settings.microsoft_client_id, settings.microsoft_client_secret),
        "microsoft": (settings.microsoft_client_id, settings.microsoft_client_secret),
        "google": (settings.google_client_id, settings.google_client_secret),
        "google-gmail": (settings.google_client_id, settings.google_client_secret),
    }
    clients = {}
    for key, (client_id, secret) in own.items():
        if client_id:
            service = _in_tenant(services()[key], settings.microsoft_tenant)
            clients[key] = Client(service=service, id=client_id, secret=secret or "")
    return Clients(clients)


def provider_of_service(key: str) -> Provider | None:
    """Of those that it speaks for, the one that serves companies' domains; None for one whose
    accounts are known by their mail server.
    """
    service = services().get(key)
    if service is None or not service.api:
        return None
    found = [each for each in providers() if each.key in service.providers]
    return min(found, key=lambda each: len(each.domains), default=None)


@cache
def services() -> Mapping[str, Service]:
    """The whole table. Raises ValueError when it cannot be read."""
    text = files(__package__).joinpath("services.toml").read_text("utf-8")
    return {key: _service(key, entry) for key, entry in tomllib.loads(text).items()}


def _service(key: str, entry: dict[str, Any]) -> Service:
    for name in ("scopes", "providers", "unlisted"):
        entry[name] = tuple(entry.get(name, ()))
    return Service(
        key=key,
        **entry
        | {"providers": frozenset(entry["providers"]), "unlisted": frozenset(entry["unlisted"])},
    )


def _in_tenant(service: Service, tenant: str) -> Service:
    return replace(
        service,
        authorization=service.authorization.replace("{tenant}", tenant),
        token=service.token.replace("{tenant}", tenant),
    )
