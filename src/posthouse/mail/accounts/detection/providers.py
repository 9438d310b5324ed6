"""The table of providers: who they are by domain, by mail host and by server, and their steps."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast, get_args

from posthouse.mail.accounts.detection.model import (
    Login,
    Provider,
    ProviderServer,
    SecretKind,
    Steps,
    Words,
)
from posthouse.mail.accounts.model import Security, Server
from posthouse.protocols.autoconfig import Protocol

_TABLES = ("china.toml", "world.toml")
_NO_NAME = Words(zh="密码", en="password")


def provider_of_domain(domain: str) -> Provider | None:
    """Whose addresses end in `domain`; an ASCII name in lower case."""
    return _index()[0].get(domain)


def provider_of_mail_host(host: str) -> Provider | None:
    """Who takes mail at that host of an MX record: the one with the longest name it ends in."""
    return _by_ending(_index()[1], host)


def provider_of_server(host: str) -> Provider | None:
    """Whose server that is. Of those that share it, the one that serves companies' domains."""
    return _index()[2].get(host)


@cache
def providers() -> tuple[Provider, ...]:
    """All of them. Raises ValueError for a table that cannot be read."""
    return tuple(provider for name in _TABLES for provider in _read(name))


@cache
def _index() -> tuple[dict[str, Provider], dict[str, Provider], dict[str, Provider]]:
    domains: dict[str, Provider] = {}
    mail_hosts: dict[str, Provider] = {}
    servers: dict[str, Provider] = {}
    for provider in providers():
        domains.update(dict.fromkeys(provider.domains, provider))
        mail_hosts.update(dict.fromkeys(provider.mx, provider))
        for each in provider.servers:
            if provider.mx or each.server.host not in servers:
                servers[each.server.host] = provider
    return domains, mail_hosts, servers


def _by_ending(table: Mapping[str, Provider], host: str) -> Provider | None:
    labels = host.split(".")
    for cut in range(len(labels)):
        provider = table.get(".".join(labels[cut:]))
        if provider is not None:
            return provider
    return None


def _read(name: str) -> Iterator[Provider]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    for key, entry in tomllib.loads(text).items():
        try:
            yield _provider(key, entry)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: {key}: {error!r}") from error


def _provider(key: str, entry: dict[str, Any]) -> Provider:
    login = _one_of(Login, entry.pop("login", "address"))
    closed = entry.pop("closed", None)
    steps = entry.pop("steps", {"zh": (), "en": ()})
    provider = Provider(
        key=key,
        name=Words(**entry.pop("name")),
        domains=frozenset(entry.pop("domains", ())),
        mx=tuple(entry.pop("mx", ())),
        servers=tuple(_server(line, login) for line in entry.pop("servers", ())),
        secret=_one_of(SecretKind, entry.pop("secret")),
        secret_name=Words(**entry.pop("secret_name")) if "secret_name" in entry else _NO_NAME,
        secret_sometimes=bool(entry.pop("secret_sometimes", False)),
        switched_off=bool(entry.pop("switched_off", False)),
        page=str(entry.pop("page")),
        steps=Steps(zh=tuple(steps["zh"]), en=tuple(steps["en"])),
        closed=Words(**closed) if closed else None,
    )
    if entry:
        raise ValueError(f"nobody knows {sorted(entry)}")
    return provider


def _server(line: str, login: Login) -> ProviderServer:
    """`imap imap.example.com 993 tls`, and `local` behind it for another login than the rest."""
    protocol, host, port, security, *other = line.split()
    return ProviderServer(
        protocol=_one_of(Protocol, protocol),
        server=Server(host=host, port=int(port), security=_one_of(Security, security)),
        login=_one_of(Login, other[0]) if other else login,
    )


def _one_of(choices: Any, value: str) -> Any:
    if value not in get_args(choices):
        raise ValueError(f"“{value}” is none of {get_args(choices)}")
    return cast(Any, value)
