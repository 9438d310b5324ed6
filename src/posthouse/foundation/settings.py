"""What an operator may set: POSTHOUSE_* over a TOML file over defaults."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from posthouse.foundation.errors import Invalid
from posthouse.foundation.sources import networks

DEFAULT_LISTENERS = {
    "http": "127.0.0.1:8025",
    "https": "off",
    "challenges": "off",
    "smtp": "127.0.0.1:2525",
    "lmtp": "off",
    "submission": "127.0.0.1:2587",
    "submissions": "127.0.0.1:2465",
    "imap": "127.0.0.1:2143",
    "imaps": "127.0.0.1:2993",
    "pop3": "127.0.0.1:2110",
    "pop3s": "127.0.0.1:2995",
    "managesieve": "127.0.0.1:2190",
}


# A pool of eight connections each: PostgreSQL has a hundred.
_MOST_MAIL_PROCESSES = 8
# A rewritten return path knows its day among 1024.
_MOST_SRS_DAYS = 365


def default_data_folder() -> Path:
    """`/var/lib/posthouse` for root, else the person's data folder by XDG."""
    if os.geteuid() == 0:
        return Path("/var/lib/posthouse")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "posthouse"


def default_mail_processes() -> int:
    """One for two cores: PostgreSQL and the work that follows need the other one."""
    return max(1, min(_MOST_MAIL_PROCESSES, (os.cpu_count() or 1) // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Sizes in bytes, times in seconds."""

    data: Path
    database_url: str | None = None
    resolver: str | None = None
    dane: str = "loopback"
    hostname: str = "localhost"
    mx_port: int = 25
    plaintext_auth: str = "loopback"
    master_key: str | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    public_url: str | None = None
    max_message_size: int = 50 * 1024 * 1024
    log_format: str = "text"
    delay_notice: int = 4 * 3600
    srs_days: int = 21
    tls_reports: str = "on"
    source_connections_per_minute: int = 300
    source_messages_per_minute: int = 600
    source_recipients_per_minute: int = 3000
    member_messages_per_hour: int = 500
    member_recipients_per_hour: int = 3000
    unlimited_sources: str = "127.0.0.0/8 ::1"
    proxies: str = "none"
    lmtp_peers: str = "127.0.0.1 ::1"
    trusted_sealers: str = ""
    clamd: str = "off"
    viruses: str = "refuse"
    rspamd: str = "off"
    filters_down: str = "accept"
    link_private_hosts: str = "off"
    microsoft_client_id: str | None = None
    microsoft_client_secret: str | None = field(default=None, repr=False)
    microsoft_tenant: str = "common"
    google_client_id: str | None = None
    google_client_secret: str | None = field(default=None, repr=False)
    google_topic: str | None = None
    google_push_account: str | None = None
    google_subscription: str | None = None
    google_service_key: Path | None = None
    mail_processes: int = field(default_factory=default_mail_processes)
    listeners: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_LISTENERS))

    def listener(self, name: str) -> tuple[str, int] | None:
        """Host and port of a listener; None when it is off. A path has port 0 (LMTP only).

        Raises Invalid when the value is not HOST:PORT.
        """
        value = self.listeners[name]
        if name == "lmtp" and value.startswith("/"):
            return value, 0
        return None if value == "off" else host_and_port(value)


def host_and_port(value: str) -> tuple[str, int]:
    """`HOST:PORT` or `[V6]:PORT` in two. Raises Invalid on anything else."""
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > 65535:
        raise Invalid(f"“{value}” is not HOST:PORT.")
    return host.strip("[]"), int(port)


def load_settings(
    *,
    data: Path | None = None,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from the environment, then the file, then defaults.

    `config` is the file named on the command line (else `DATA/posthouse.toml` when it exists);
    `overrides` come from command-line options and win over everything. Raises Invalid on an
    unknown name or a value of the wrong shape, naming it.
    """
    environment = os.environ if environ is None else environ
    folder = data or Path(environment.get("POSTHOUSE_DATA") or default_data_folder())
    file = config or folder / "posthouse.toml"
    values: dict[str, Any] = {}
    listeners: dict[str, str] = dict(DEFAULT_LISTENERS)
    given = [_from_environment(environment), overrides or {}]
    if config is not None or file.exists():
        given.insert(0, _from_file(file))
    for each in given:
        listeners.update(_listeners(each.get("listeners") or {}))
        values.update({k: v for k, v in each.items() if v is not None and k not in _APART})
    settings = Settings(data=folder.absolute())
    return replace(settings, listeners=listeners, **{k: _shaped(k, v) for k, v in values.items()})


_TYPES = {f.name: str(f.type) for f in fields(Settings)}
_NUMBERS = {f.name for f in fields(Settings) if f.type is int}
_CHOICES = {
    "plaintext_auth": ("loopback", "off"),
    "dane": ("loopback", "on", "off"),
    "tls_reports": ("on", "off"),
    "viruses": ("refuse", "junk"),
    "filters_down": ("accept", "later"),
    "link_private_hosts": ("on", "off"),
}
# HOST:PORT, the path of a socket, or off.
_SERVICES = {"clamd", "rspamd"}
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")  # it becomes part of an address
_NETWORKS = {"unlimited_sources", "proxies", "lmtp_peers"}
# Of Cloud Pub/Sub; they become part of addresses.
_PUBSUB = {"google_topic": "topics", "google_subscription": "subscriptions"}
# Read before the others, or merged name by name.
_APART = {"data", "listeners"}


def _from_file(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not UTF-8.") from None
    except FileNotFoundError:
        raise Invalid(f"There is no settings file {file}.") from None
    except OSError as error:
        raise Invalid(f"The settings file {file} cannot be read: {error.strerror}.") from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{file} is not valid TOML: {error}") from None
    for name in content:
        if name not in _TYPES:
            raise Invalid(f"{file} sets “{name}”, which Posthouse does not know.")
    return content


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    listeners: dict[str, str] = {}
    for key, value in environment.items():
        if not value or not key.startswith("POSTHOUSE_"):
            continue
        name = key.removeprefix("POSTHOUSE_").lower()
        if name in DEFAULT_LISTENERS:
            listeners[name] = value
        elif name in _TYPES and name not in _APART:
            values[name] = value
    if listeners:
        values["listeners"] = listeners
    return values


def _listeners(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise Invalid("The setting listeners is a table of names and HOST:PORT.")
    for name, value in given.items():
        if name not in DEFAULT_LISTENERS:
            known = ", ".join(DEFAULT_LISTENERS)
            raise Invalid(f"There is no listener “{name}”. There are: {known}.")
        if not isinstance(value, str):
            raise Invalid(f"The listener {name} cannot be “{value}”: write HOST:PORT or off.")
    return dict(given)


def _shaped(name: str, value: Any) -> Any:
    kind = _TYPES[name]
    try:
        if "Path" in kind:
            return Path(value)
        if name in _NUMBERS:
            number = int(value)
            if name == "mail_processes" and not 1 <= number <= _MOST_MAIL_PROCESSES:
                raise Invalid(f"The setting {name} is from 1 to {_MOST_MAIL_PROCESSES}.")
            if name == "srs_days" and not 1 <= number <= _MOST_SRS_DAYS:
                raise Invalid(f"The setting {name} is from 1 to {_MOST_SRS_DAYS}.")
            return number
    except (TypeError, ValueError):
        raise Invalid(f"The setting {name} cannot be “{value}”.") from None
    if not isinstance(value, str):
        raise Invalid(f"The setting {name} cannot be “{value}”.")
    if name in _NETWORKS:
        _check_networks(name, value)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise Invalid(
            f"The setting {name} is {' or '.join(f'“{each}”' for each in _CHOICES[name])}."
        )
    if name == "microsoft_tenant" and not _TENANT.fullmatch(value):
        raise Invalid("The setting microsoft_tenant is a tenant's domain or id, or “common”.")
    if name in _PUBSUB and not re.fullmatch(
        rf"projects/[A-Za-z0-9:.-]+/{_PUBSUB[name]}/[A-Za-z0-9._~%+-]+", value
    ):
        raise Invalid(f"The setting {name} is projects/PROJECT/{_PUBSUB[name]}/NAME.")
    if name in _SERVICES and value != "off" and not value.startswith("/"):
        host_and_port(value)
    return value


def _check_networks(name: str, value: str) -> None:
    try:
        networks(value)
    except ValueError:
        raise Invalid(f"The setting {name} cannot be “{value}”: write networks, or none.") from None
