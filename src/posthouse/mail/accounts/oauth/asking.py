"""What is asked of an authorization server: consent, a code's tokens, new tokens.

The protocol is Authlib's; the way to the server is our own: our resolver, our trust, bounded. What
a server says of an error is kept for a person, unless it repeats a secret.
"""

import asyncio
import secrets
import ssl
from collections.abc import Awaitable, Mapping
from typing import Any

import httpcore
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client

from posthouse.foundation.guarded import Guarded
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.oauth.model import Client, Grant

_SECONDS = 20.0
_TIMEOUT = {"connect": 10.0, "read": 15.0, "write": 10.0, "pool": 10.0}
_LARGEST = 256 * 1024
_LONGEST_TOKEN = 64 * 1024
_LATER_SECONDS = 60.0
# RFC 6749 5.2 and what Microsoft and OpenID Connect add: only the member can help.
_CONSENT_ANEW = {
    "invalid_grant",
    "access_denied",
    "consent_required",
    "interaction_required",
    "login_required",
}
_OVERLOADED = {"temporarily_unavailable", "server_error"}
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)


def new_verifier() -> str:
    """The secret half of PKCE: 43 to 128 characters (RFC 7636 4.1)."""
    return secrets.token_urlsafe(64)


def consent_url(client: Client, *, state: str, verifier: str, login: str, come_back: str) -> str:
    """Where the member's browser goes to be asked."""
    asking = _Asking(client, come_back=come_back)
    url, _ = asking.create_authorization_url(
        client.service.authorization,
        state=state,
        code_verifier=verifier,
        login_hint=login,
        **client.service.extra,
    )
    return str(url)


async def redeem(
    client: Client, outside: Outside, *, code: str, verifier: str, come_back: str
) -> Grant:
    """The tokens of a code, which is good once (RFC 6749 4.1.3).

    Raises SignInRefused, Refused, Unreachable, Untrusted, Throttled, Broken.
    """
    asking = _Asking(client, outside, come_back=come_back)
    return await _granted(
        client,
        asking.fetch_token(
            client.service.token,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
        ),
        hidden=(code, verifier, client.secret),
    )


async def refresh(client: Client, outside: Outside, token: str) -> Grant:
    """New tokens for a refresh token (RFC 6749 6). Raises as `redeem` does."""
    asking = _Asking(client, outside)
    return await _granted(
        client,
        asking.refresh_token(client.service.token, refresh_token=token),
        hidden=(token, client.secret),
    )


async def _granted(client: Client, asked: Awaitable[Any], hidden: tuple[str, ...]) -> Grant:
    name = client.service.name
    try:
        async with asyncio.timeout(_SECONDS):
            return _grant(name, await asked)
    except AuthlibBaseError as error:
        raise _refused(name, error, hidden) from None
    except ssl.SSLCertVerificationError:
        raise Untrusted(f"{name} shows no certificate that can be trusted.") from None
    except httpcore.ConnectError as error:
        if isinstance(error.__cause__ or error.__context__, ssl.SSLCertVerificationError):
            raise Untrusted(f"{name} shows no certificate that can be trusted.") from None
        raise Unreachable(f"{name} cannot be reached for a token.") from None
    except (*_FAILURES, TimeoutError):
        raise Unreachable(f"{name} cannot be reached for a token.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Broken(f"{name} answers with no token.") from None


def _grant(name: str, told: Mapping[str, Any]) -> Grant:
    """RFC 6749 5.1; nothing that could not stand in a header or a SASL message is a token."""
    access, again, seconds = (
        told.get(each) for each in ("access_token", "refresh_token", "expires_in")
    )
    if not _is_token(access) or not (again is None or again == "" or _is_token(again)):
        raise Broken(f"{name} answers with no token.")
    if str(told.get("token_type", "")).lower() != "bearer":
        raise Broken(f"{name} answers with a token of another type.")
    scope = told.get("scope")
    return Grant(
        access=str(access),
        refresh=str(again or ""),
        # RFC 6749 5.1 leaves it to the server to say; an hour is what both say.
        seconds=min(max(float(3600 if seconds is None else seconds), 0.0), 86400.0),
        scopes=frozenset(scope.split()) if isinstance(scope, str) and scope else None,
    )


def _is_token(text: object) -> bool:
    return (
        isinstance(text, str)
        and 0 < len(text) <= _LONGEST_TOKEN
        and all(0x20 < ord(letter) < 0x7F for letter in text)  # RFC 6749 A.12: VSCHAR
    )


def _refused(name: str, error: AuthlibBaseError, hidden: tuple[str, ...]) -> AccountError:
    if not isinstance(error.error, str):
        return Broken(f"{name} answers with no token.")
    said = " ".join(f"{error.error}: {error.description or ''}".split())
    if any(each and each in said for each in hidden):
        said = ""
    if error.error in _CONSENT_ANEW:
        return SignInRefused(f"{name} wants the consent anew.", reason="consent", said=said)
    if error.error in _OVERLOADED:
        return Unreachable(f"{name} gives no tokens at the moment.", said=said)
    # invalid_client, unauthorized_client and their like: how this house is registered is wrong,
    # and no member can help that.
    return Refused(f"{name} does not take how this house is registered there.", said=said)


class _Asking(OAuth2Client):  # type: ignore[misc]
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
        told = {name.lower(): value for name, value in response.headers}
        if response.status in (429, 503):  # RFC 6585 4, RFC 9110 15.6.4
            raise Throttled(
                "Tokens were asked for too often.", seconds=_seconds(told.get(b"retry-after", b""))
            )
        content = bytearray()
        async for chunk in response.aiter_stream():
            content += chunk
            if len(content) > _LARGEST:
                raise Broken("More was answered than a token.")
    return _Answer(response.status, bytes(content))


def _seconds(text: bytes) -> float:
    return float(text) if text.isdigit() and len(text) < 6 else _LATER_SECONDS
