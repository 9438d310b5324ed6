"""How a relay is spoken to: SMTP at a host, or a provider's HTTP API; with which TLS, as whom."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import host_and_port

TLS_CHOICES = ("opportunistic", "encrypted", "verified", "implicit")
# RFC 8314 7.3: TLS from the first byte.
_SUBMISSIONS_PORT = 465
# A password goes to nobody but the relay: its certificate must be valid for its name.
_FOR_PASSWORDS = ("verified", "implicit")
_LONGEST = 255
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}")
_SES_HOST = "email.{}.amazonaws.com"


class Kind(StrEnum):
    """What is spoken there."""

    SMTP = "smtp"
    SES = "ses"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a relay wants to know of us. For Amazon SES: access key and secret key."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Where and how."""

    kind: Kind
    host: str
    port: int
    tls: str

    def columns(self) -> dict[str, Any]:
        """For the tables of routes and relays."""
        return {"kind": self.kind, "host": self.host, "port": self.port, "tls": self.tls}


def read_handover(relay: str, tls: str | None, sign_in: SignIn | None) -> Handover:
    """`relay` is HOST:PORT, or ses:REGION. Raises Invalid.

    `tls` is implicit at port 465, verified with a `sign_in` and opportunistic elsewhere, unless
    said.
    """
    if sign_in is not None:
        for value in (sign_in.user, sign_in.password):
            if not 0 < len(value) <= _LONGEST or not value.isprintable():
                raise Invalid("A user and a password are one line each.", field="user")
    if relay.startswith("ses:"):
        return _ses(relay.removeprefix("ses:"), tls, sign_in)
    try:
        host, port = host_and_port(relay)
    except Invalid as error:
        raise Invalid(f"{error.reason} Or write ses:REGION.", field="relay") from None
    if port == 0:
        raise Invalid("A relay has a port.", field="relay")
    choice = tls or _usual_tls(port, sign_in)
    if choice not in TLS_CHOICES:
        raise Invalid(f"TLS is one of {', '.join(TLS_CHOICES)}.", field="tls")
    if sign_in is not None and choice not in _FOR_PASSWORDS:
        raise Invalid("A password is sent with TLS “verified” or “implicit” only.", field="tls")
    return Handover(kind=Kind.SMTP, host=host, port=port, tls=choice)


def written(kind: str, host: str, port: int) -> str:
    """What `read_handover` was given."""
    if kind == Kind.SES:
        return f"ses:{region_of(host)}"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def region_of(host: str) -> str:
    """Of the host of an SES API."""
    return host.split(".")[1]


def _ses(region: str, tls: str | None, sign_in: SignIn | None) -> Handover:
    if _REGION.fullmatch(region) is None:
        raise Invalid(f"“{region}” is not a region, such as eu-central-1.", field="relay")
    if tls not in (None, "implicit"):
        raise Invalid("Amazon SES is spoken to over HTTPS; leave TLS out.", field="tls")
    if sign_in is None:
        raise Invalid("Amazon SES wants an access key and its secret.", field="user")
    host = _SES_HOST.format(region) + (".cn" if region.startswith("cn-") else "")
    return Handover(kind=Kind.SES, host=host, port=443, tls="implicit")


def _usual_tls(port: int, sign_in: SignIn | None) -> str:
    if port == _SUBMISSIONS_PORT:
        return "implicit"
    return "verified" if sign_in else "opportunistic"
