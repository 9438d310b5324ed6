"""Where the web services of an Exchange lie: asked without a password, and kept if somebody there
wants one.
"""

from urllib.parse import urlsplit

from posthouse.mail.accounts.detection.documents import Autodiscovered
from posthouse.mail.accounts.detection.model import FoundServer
from posthouse.mail.accounts.detection.web import Web
from posthouse.mail.accounts.model import Server
from posthouse.protocols.autoconfig.model import host_of

# Where every Exchange has them (EWS start-using-web-services-in-exchange), unless it says another.
_USUAL = "/EWS/Exchange.asmx"
_MOST = 4
_PORT = 443


async def ews_servers(web: Web, discovered: Autodiscovered, address: str) -> list[FoundServer]:
    """The first that answers of those that Autodiscover names; it often names some that can only
    be reached from within, and says nothing at all without a sign-in.
    """
    if not discovered.exchange:
        return []
    for url in (*discovered.ews, f"https://{discovered.exchange}{_USUAL}")[:_MOST]:
        server = _server(url)
        if server is None:
            continue
        port = "" if server.port == _PORT else f":{server.port}"
        page = await web.get(f"https://{server.host}{port}{server.path}")
        if page is not None and page.status == 401 and page.host == server.host:
            return [
                FoundServer(
                    protocol="ews",
                    server=server,
                    login=address,
                    way="autodiscover",
                    detail=discovered.exchange,
                    vouched=discovered.vouched,
                )
            ]
    return []


def _server(url: str) -> Server | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError:
        return None
    host = host_of(parts.hostname or "")
    path = parts.path
    if parts.scheme != "https" or host is None or not path.isascii() or not path.isprintable():
        return None
    return Server(host=host, port=port, security="tls", path=path or _USUAL)
