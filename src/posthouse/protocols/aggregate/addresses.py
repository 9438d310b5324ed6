"""Where a domain wants its reports: the tag `rua` (RFC 7489 6.2, RFC 8460 3)."""

from urllib.parse import unquote

from posthouse.protocols.mailauth.tags import TagError, parse_tags

_MAILTO = "mailto:"
_MOST = 20


def report_addresses(rua: str) -> list[str]:
    """The mail addresses of the tag's value, in lower case; what is no mail address is left out."""
    found: list[str] = []
    for uri in rua.split(",")[:_MOST]:
        text = uri.strip()
        if text[: len(_MAILTO)].lower() != _MAILTO:
            continue
        # RFC 7489 6.2: "!10m" is the largest size; a comma or "!" of the address is encoded.
        address = unquote(text[len(_MAILTO) :].partition("!")[0].partition("?")[0]).lower()
        if address.count("@") == 1 and address.isprintable() and " " not in address:
            found.append(address)
    return list(dict.fromkeys(found))


def is_tls_reporting(octets: bytes) -> bool:
    """Whether a TXT record asks for TLS reports (RFC 8460 3: the version stands first)."""
    return octets.partition(b";")[0].strip() == b"v=TLSRPTv1"


def tls_rua(octets: bytes) -> str:
    """The tag's value in a record that `is_tls_reporting`; "" when it cannot be read."""
    try:
        return parse_tags(octets.decode("utf-8", "replace")).get("rua", "")
    except TagError:
        return ""
