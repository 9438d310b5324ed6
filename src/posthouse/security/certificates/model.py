"""What is wanted, what was issued, why it failed, and when something is due. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from posthouse.foundation.errors import Invalid
from posthouse.security.members import normal_domain

# By name in commands and in the page; any other authority is named by the address of its directory.
AUTHORITIES = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
_MOST_NAMES = 20
# Let's Encrypt allows five failures an hour for a name, and gives one back every twelve minutes.
_FIRST_PAUSE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(hours=24)
_LIMITED_PAUSE = timedelta(hours=3)


class Problem(StrEnum):
    """Why there is no certificate, as far as somebody can do something about it."""

    DNS = "dns"  # the name leads nowhere
    CONNECTION = "connection"  # nobody answers there at port 80
    ANSWER = "answer"  # somebody else answers there
    CAA = "caa"  # DNS names other authorities (RFC 8659)
    NAME = "name"  # the authority gives this name no certificate
    LIMIT = "limit"  # too many requests
    ACCOUNT = "account"  # the authority wants a contract first
    AUTHORITY = "authority"  # it does not answer, or not in order


class Failed(Exception):
    """The authority gave none. `detail` is its own words about our names."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for, and how it goes. `trust`: PEM of a private authority's own root."""

    directory: str
    trust: str | None
    names: tuple[str, ...]
    agreed_at: datetime
    due_at: datetime
    tried_at: datetime | None
    failures: int
    problem: Problem | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom we are at an authority: a key (PEM), and the address it gave us; none yet at first."""

    key: bytes
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A chain, leaf first, and the key of the leaf: PEM."""

    chain: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A certificate as people want to know it."""

    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    self_signed: bool

    def covers(self, hostname: str) -> bool:
        """RFC 9525 6.3: a star stands for one whole label, the first."""
        wanted = hostname.lower()
        parent = wanted.partition(".")[2]
        return any(name.lower() in (wanted, f"*.{parent}") for name in self.names)


def make_key() -> bytes:
    """For an account or a certificate: P-256, which every mail server of this century takes."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def read_certificate(pem: bytes) -> Shown:
    """The first one of a PEM file. Raises ValueError."""
    leaf = x509.load_pem_x509_certificates(pem)[0]
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = found.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    organisation = leaf.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    common = leaf.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    issuer = " ".join(str(each.value) for each in (*organisation[:1], *common[:1]))
    return Shown(
        names=tuple(names),
        issuer=issuer or leaf.issuer.rfc4514_string(),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        self_signed=leaf.issuer == leaf.subject,
    )


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """Hostnames in A-labels, each once. Raises Invalid for what no authority gives."""
    found: list[str] = []
    for each in names:
        try:
            name = normal_domain(each.strip().rstrip("."))
        except Invalid:
            raise Invalid(f"“{each}” is not a hostname.", field="names") from None
        if "." not in name or name.rpartition(".")[2].isdigit():
            raise Invalid(
                f"“{each}” is no name that can be found in the world's DNS: no authority gives it"
                " a certificate. Set the setting hostname.",
                field="names",
            )
        found.append(name)
    if not 0 < len(found) <= _MOST_NAMES:
        raise Invalid(f"A certificate is for 1 to {_MOST_NAMES} names.", field="names")
    return tuple(dict.fromkeys(found))


def directory_of(authority: str) -> str:
    """The address of an authority's directory (RFC 8555 7.1.1). Raises Invalid."""
    directory = AUTHORITIES.get(authority, authority)
    if not directory.startswith("https://"):
        known = ", ".join(AUTHORITIES)
        raise Invalid(f"An authority is one of {known}, or an https:// address.", field="authority")
    return directory


def renewal_due(shown: Shown, suggested: datetime | None) -> datetime:
    """After two thirds of its life, or when the authority suggests it, if that is earlier.

    RFC 9773 4.1: a suggestion can lie in the past; then it is due at once.
    """
    usual = shown.not_before + (shown.not_after - shown.not_before) * 2 / 3
    return usual if suggested is None else min(usual, suggested)


def pause_after(failures: int, problem: Problem) -> timedelta:
    """How long to leave the authority alone: twice as long each time, up to a day."""
    pause = min(_FIRST_PAUSE * (1 << min(failures - 1, 10)), _LONGEST_PAUSE)
    return max(pause, _LIMITED_PAUSE) if problem is Problem.LIMIT else pause
