"""Authlib's side of OAuth 2.0 over our own way to the web: our resolver, our trust, bounded.

Reading Authlib takes 0.3 s: `asking` does that in a thread, when the first consent is asked for.
"""

from collections.abc import Mapping
from typing import Any

import httpcore
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client

from posthouse.foundation.guarded import Guarded, content_of, header_of
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import Broken, Throttled, Unreachable
from posthouse.mail.accounts.oauth.model import Client

_TIMEOUT = {"connect": 10.0, "read": 15.0, "write": 10.0, "pool": 10.0}
_LARGEST = 256 * 1024
_LATER_SECONDS = 60.0


class Asking(OAuth2Client):  # type: ignore[misc]
    """Authlib's client, without its way to the web."""

    # Its usual class refuses what Microsoft describes errors with: line ends, quotes.
    oauth_error_class = AuthlibBaseError

    def __init__(self, client: Client, outside: Outside | None = None, come_back: str = "") -> None:
        super().__init__(
            session=outside,
            client_id=client.id,
            client_secret=client.secret or None,
            # RFC 6749 2.3.1: both take it in the body, Microsoft documents nothing else.
            token_endpoint_auth_method="client_secret_post" if client.secret else "none",
            scope=" ".join(client.service.scopes),
            redirect_uri=come_back,
            code_challenge_method="S256",
        )

    async def _fetch_token(
        self,
        url: str,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        method: str = "POST",
        **kwargs: Any,
    ) -> Any:
        url, sent, body = auth.prepare(method, url, dict(headers or {}), body)
        return self.parse_response_token(await _post(self.session, url, sent, body))

    async def _refresh_token(
        self,
        url: str,
        refresh_token: str | None = None,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        **kwargs: Any,
    ) -> Any:
        return await self._fetch_token(url, body, headers, auth)


class _Answer:
    """As much of an HTTP answer as Authlib looks at."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status_code = status
        self._content = content

    def json(self) -> Any:
        """Raises ValueError."""
        return msgspec.json.decode(self._content)

    def raise_for_status(self) -> None:
        """For what is none of the protocol's own answers."""
        if self.status_code >= 500:
            raise Unreachable("No tokens are given at the moment.", said=f"HTTP {self.status_code}")
        if self.status_code >= 300:
            raise Broken("There is no token endpoint.", said=f"HTTP {self.status_code}")


async def _post(outside: Outside, url: str, headers: Mapping[str, str], body: str) -> _Answer:
    # The operator says where these servers are, so their addresses may be any.
    guarded = Guarded(outside.resolver, lambda address, port: True)
    pool = httpcore.AsyncConnectionPool(ssl_context=outside.tls, network_backend=guarded)
    async with (
        pool,
        pool.stream(
            "POST",
            url,
            headers=list(headers.items()),
            content=body.encode(),
            extensions={"timeout": _TIMEOUT},
        ) as response,
    ):
        if response.status in (429, 503):  # RFC 6585 4, RFC 9110 15.6.4
            seconds = _seconds(header_of(response, b"retry-after"))
            raise Throttled("Tokens were asked for too often.", seconds=seconds)
        content = await content_of(response, _LARGEST)
        if content is None:
            raise Broken("More was answered than a token.")
    return _Answer(response.status, content)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else _LATER_SECONDS
