"""What is asked of an authorization server: consent, a code's tokens, new tokens.

What a server says of an error is kept for a person, unless it repeats a secret.
"""

import asyncio
import importlib
import secrets
import ssl
from collections.abc import Awaitable, Mapping
from typing import Any

import httpcore
from authlib.common.errors import AuthlibBaseError

from posthouse.foundation.guarded import FAILURES
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.oauth.model import Client, Grant

_SECONDS = 20.0
_LONGEST_TOKEN = 64 * 1024
# RFC 6749 5.2 and what Microsoft and OpenID Connect add: only the member can help.
_CONSENT_ANEW = {
    "invalid_grant",
    "access_denied",
    "consent_required",
    "interaction_required",
    "login_required",
}
_OVERLOADED = {"temporarily_unavailable", "server_error"}


def new_verifier() -> str:
    """The secret half of PKCE: 43 to 128 characters (RFC 7636 4.1)."""
    return secrets.token_urlsafe(64)


async def consent_url(
    client: Client, *, state: str, verifier: str, login: str, come_back: str
) -> str:
    """Where the member's browser goes to be asked."""
    asking = await _asking(client, come_back=come_back)
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
    asking = await _asking(client, outside, come_back)
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
    asking = await _asking(client, outside)
    return await _granted(
        client,
        asking.refresh_token(client.service.token, refresh_token=token),
        hidden=(token, client.secret),
    )


async def _asking(client: Client, outside: Outside | None = None, come_back: str = "") -> Any:
    protocol = await asyncio.to_thread(
        importlib.import_module, "posthouse.mail.accounts.oauth.protocol"
    )
    return protocol.Asking(client, outside, come_back)


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
    except FAILURES:
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
