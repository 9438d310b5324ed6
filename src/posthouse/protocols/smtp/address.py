"""Mail addresses as SMTP writes them (RFC 5321 4.1.2), UTF-8 (RFC 6531) and literals included."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

import idna

# RFC 5321 4.5.3.1 names 64, 255 and 256 octets as what everyone must support and asks for no lower
# limits; VERP, SRS and BATV senders pass 64 every day, so only the domain keeps its DNS limit.
LOCAL_PART_LIMIT = 255
DOMAIN_LIMIT = 255
PATH_LIMIT = 512

# By what may not stand there, of ASCII and C1: all else of Unicode may (RFC 6531 3.3), and to name
# that in a set costs 3 ms each time one is compiled.
_ATOM = r"""[^\x00-\x20"(),.:;<>@\[\\\]\x7f-\x9f]"""
_QUOTED = r'"(?:[^\x00-\x1f"\\\x7f-\x9f]|\\[ -~])*"'
_EDGE = r"[^\x00-/:-@\[-^`{-\x9f]"
_MIDDLE = r"[^\x00-,./:-@\[-^`{-\x9f]"
_LABEL = rf"{_EDGE}(?:{_MIDDLE}{{0,61}}{_EDGE})?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[[!-Z^-~]+\]"

# Japanese carriers have issued addresses such as `a..b@` and `a.@`; they are accepted unquoted and
# written back quoted, as RFC 5321 wants them.
_ADDRESS = re.compile(rf"((?:{_ATOM}|\.)+|{_QUOTED})@({_DOMAIN}|{_LITERAL})")
_DOT_STRING = re.compile(rf"{_ATOM}+(?:\.{_ATOM}+)*")
_SOURCE_ROUTE = re.compile(rf"@{_DOMAIN}(?:,@{_DOMAIN})*:")
_DOMAIN_ONLY = re.compile(_DOMAIN)
# A quoted local part may hold `>`, so the end of the path is found by grammar, not by search.
_PATH = re.compile(rf"<((?:{_QUOTED}|[^<>\"])*)>")


class BadAddress(ValueError):
    """The text is not an address; the message says why, fit for an SMTP reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One mailbox address.

    `local` is the meaning without quotes; `domain` is lower case, a U-label stays a U-label, an
    address literal keeps its brackets; it is empty only for `<Postmaster>` (RFC 5321 4.1.1.3).
    """

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{quote_local(self.local)}@{self.domain}" if self.domain else self.local

    @property
    def ascii_domain(self) -> str:
        """The domain in A-labels, the form to compare and to look up."""
        return to_ascii(self.domain)

    @property
    def needs_smtputf8(self) -> bool:
        """True when the address cannot be said without SMTPUTF8: a local part has no ASCII form."""
        return not self.local.isascii()

    def wire(self, *, smtputf8: bool) -> str:
        """The form for MAIL and RCPT; without SMTPUTF8 the domain goes in A-labels.

        Raises `BadAddress` when the local part needs SMTPUTF8 and it is not there.
        """
        if smtputf8:
            return str(self)
        if self.needs_smtputf8:
            raise BadAddress("the local part needs SMTPUTF8")
        return f"{quote_local(self.local)}@{self.ascii_domain}" if self.domain else self.local


def parse_address(text: str) -> Address:
    """Read `local@domain` with nothing around it. Raises `BadAddress`."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not _is_unicode(text):
        raise BadAddress("not of the form local@domain")
    local, domain = match.groups()
    if local[0] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    if len(local.encode()) > LOCAL_PART_LIMIT:
        raise BadAddress("local part too long")
    return Address(local=local, domain=normal_domain(domain))


def parse_path(text: str) -> tuple[Address | None, str]:
    """Read `<address>` at the start of `text`; answer it (None for `<>`) and what follows.

    A source route is read and ignored (RFC 5321 4.1.1.3, appendix C). Raises `BadAddress`.
    """
    match = _PATH.match(text)
    if match is None or not _is_unicode(text):
        raise BadAddress("the address belongs in angle brackets")
    inside, rest = match[1], text[match.end() :]
    if len(inside.encode()) > PATH_LIMIT:
        raise BadAddress("path too long")
    if not inside:
        return None, rest
    route = _SOURCE_ROUTE.match(inside)
    if route is not None:
        inside = inside[route.end() :]
    if inside.lower() == "postmaster":
        return Address(local=inside, domain=""), rest
    return parse_address(inside), rest


def normal_domain(domain: str) -> str:
    """Lower case and checked; address literals are checked by value. Raises `BadAddress`."""
    if domain.startswith("["):
        return f"[{_normal_literal(domain[1:-1])}]"
    if len(to_ascii(domain)) > DOMAIN_LIMIT:
        raise BadAddress("domain too long")
    return domain.lower()


def to_ascii(domain: str) -> str:
    """A-labels by IDNA 2008 with the UTS 46 mapping. Raises `BadAddress`."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadAddress("not a valid internationalised domain") from error


def is_domain(text: str) -> bool:
    """True for a domain name or an address literal, the two things EHLO may carry."""
    if text.startswith("[") and text.endswith("]"):
        try:
            _normal_literal(text[1:-1])
        except BadAddress:
            return False
        return True
    is_name = len(text) <= DOMAIN_LIMIT and _DOMAIN_ONLY.fullmatch(text) is not None
    return is_name and _is_unicode(text)


def _is_unicode(text: str) -> bool:
    """Without halves of surrogate pairs: those have no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def quote_local(local: str) -> str:
    """The local part as RFC 5321 writes it: a dot-string where possible, else quoted."""
    if _DOT_STRING.fullmatch(local):
        return local
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'


@lru_cache(maxsize=1024)
def address_literal(host: str) -> str:
    """`[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 4.1.3) for an IP address."""
    address = ipaddress.ip_address(host.partition("%")[0])
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def _normal_literal(inside: str) -> str:
    tag, colon, value = inside.partition(":")
    try:
        if colon and tag.lower() == "ipv6":
            return f"IPv6:{ipaddress.IPv6Address(value)}"
        return str(ipaddress.IPv4Address(inside))
    except ValueError as error:
        raise BadAddress("not a valid address literal") from error
