"""Servers of accounts elsewhere, as an operator types them."""

from urllib.parse import urlsplit

from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import host_and_port
from posthouse.mail.accounts.model import Kind, Security, Server

_STARTTLS_PORTS = {143, 110, 587, 25}


def incoming_server(
    imap: str | None, pop3: str | None, ews: str | None, security: str | None
) -> tuple[Kind, Server]:
    """Where mail is fetched: one of the three is said. Raises Invalid."""
    match imap, pop3, ews:
        case str(), None, None:
            return "imap", server_at(imap, security)
        case None, str(), None:
            return "pop3", server_at(pop3, security)
        case None, None, str():
            return "ews", _web_services(ews)
    raise Invalid("Say where the mail is: --imap HOST:PORT, --pop3 HOST:PORT or --ews URL.")


def _web_services(text: str) -> Server:
    """Of an address of the web, or of a host; Exchange has them at the same place everywhere."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port or 443
    except ValueError:
        raise Invalid(f"“{text}” is no address of the web.") from None
    if parts.scheme != "https" or not parts.hostname:
        raise Invalid("Exchange is spoken to over HTTPS only: --ews https://HOST/EWS/Exchange.asmx")
    return Server(host=parts.hostname, port=port, security="tls", path=parts.path.rstrip("/"))


def server_at(text: str, security: str | None) -> Server:
    """Of `HOST:PORT`; unless it is said, the port tells how TLS begins. Raises Invalid."""
    host, port = host_and_port(text)
    by_port: Security = "starttls" if port in _STARTTLS_PORTS else "tls"
    match security or by_port:
        case "tls" | "starttls" | "plain" as known:
            return Server(host=host, port=port, security=known)
    raise Invalid("The security is tls, starttls or plain.")
