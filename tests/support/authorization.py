"""An authorization server of our own that answers as Microsoft's and Google's are documented to.

MS: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
MS refresh: learn.microsoft.com/entra/identity-platform/refresh-tokens
G: developers.google.com/identity/protocols/oauth2/web-server
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from posthouse.mail.accounts.oauth.model import Client
from posthouse.mail.accounts.oauth.services import Clients, services
from tests.support.ports import free_port

CLIENT_ID, CLIENT_SECRET = "house-id", "s3cret/of+the=house"
Answer = tuple[int, dict[str, Any]]


@dataclass(kw_only=True)
class AuthorizationServer:
    """`service` says whose manners it has. `asked` are the forms of the token endpoint.

    `revokes`: a refresh token is over when it has been used (RFC 9700 4.14.2); Microsoft and
    Google do not do that. `before` runs while a token is being asked for; what it returns is
    answered instead. `live` are the access tokens that are good.
    """

    service: str
    port: int
    revokes: bool = False
    before: Callable[[dict[str, str]], Any] | None = None
    withheld: frozenset[str] = frozenset()
    asked: list[dict[str, str]] = field(default_factory=list)
    live: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refresh: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def clients(self, secret: str = CLIENT_SECRET) -> Clients:
        """The house, registered here."""
        here = replace(
            services()[self.service],
            authorization=f"{self.address}/authorize",
            token=f"{self.address}/token",
        )
        return Clients({self.service: Client(service=here, id=CLIENT_ID, secret=secret)})

    def consent(self, url: str, login: str = "") -> str:
        """The member signs in and agrees: where his browser is sent then (RFC 6749 4.1.2)."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.address}/authorize?")
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"  # MS: "Currently only S256"
        code = self._new("code")
        self._codes[code] = asked | {"login": login or asked["login_hint"]}
        answer = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def refuse(self, url: str) -> str:
        """The member does not agree (RFC 6749 4.1.2.1; G: "error=access_denied")."""
        asked = dict(parse_qsl(urlsplit(url).query))
        answer = {"error": "access_denied", "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def revoke_all(self) -> None:
        """The member takes his consent back, or changes his password."""
        self._refresh.clear()
        self.live.clear()

    def grant_to(self, login: str) -> tuple[str, str]:
        """(access token, refresh token) as a consent brings them."""
        told = self._tokens(login, "")
        return told["access_token"], told["refresh_token"]

    # -- answers

    def _token(self, form: dict[str, str]) -> Answer:
        if form.get("client_id") != CLIENT_ID or form.get("client_secret", "") != CLIENT_SECRET:
            # MS: "invalid_client", 401 (AADSTS7000215); G: "invalid_client", 401
            return 401, self._error("invalid_client", "AADSTS7000215: Invalid client secret.")
        if form["grant_type"] == "authorization_code":
            return self._redeem(form)
        assert form["grant_type"] == "refresh_token"
        return self._again(form)

    def _redeem(self, form: dict[str, str]) -> Answer:
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge
        ):
            # MS: "invalid_grant: The authorization code or PKCE code verifier is invalid or has
            # expired."
            return 400, self._error("invalid_grant", "AADSTS54005: code was already redeemed.")
        offline = "offline_access" in asked["scope"].split()  # MS: only then a refresh token
        if self.service.startswith(
            "google"
        ):  # G: "access_type=offline"; again only with prompt=consent
            offline = asked.get("access_type") == "offline" and asked.get("prompt") == "consent"
        told = self._tokens(asked["login"], asked["scope"])
        if not offline:
            del told["refresh_token"]
        return 200, told

    def _again(self, form: dict[str, str]) -> Answer:
        login = self._refresh.get(form["refresh_token"])
        if login is None:
            # G: 400 "invalid_grant", "Token has been expired or revoked."
            return 400, self._error(
                "invalid_grant", "AADSTS700082: The refresh token has expired due to inactivity."
            )
        if self.revokes:
            del self._refresh[form["refresh_token"]]
        told = self._tokens(login, form.get("scope", ""))
        if self.service.startswith("google"):  # G: an answer to a refresh has no refresh_token
            del told["refresh_token"]
        return 200, told

    def _tokens(self, login: str, scope: str) -> dict[str, Any]:
        """MS, "Successful response": access_token, token_type, expires_in, scope, refresh_token."""
        access, again = self._new("access"), self._new("refresh")
        self.live[access] = login
        self._refresh[again] = login
        # MS: offline_access is not among the scopes of an access token.
        granted = [each for each in scope.split() if each != "offline_access"]
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 3599,
            "scope": " ".join(each for each in granted if each not in self.withheld),
            "refresh_token": again,
        }

    def _error(self, error: str, description: str) -> dict[str, Any]:
        if self.service.startswith("google"):
            return {"error": error, "error_description": "Token has been expired or revoked."}
        # MS, "Error response": line ends in the description, and numbers beside it.
        return {
            "error": error,
            "error_description": f'{description} "x"\r\nTrace ID: 0000aaaa\r\nTimestamp: now',
            "error_codes": [54005],
            "trace_id": "0000aaaa-11bb-cccc-dd22-eeeeee333333",
            "correlation_id": "aaaa0000-bb11-2222-33cc-444444dddddd",
        }

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-token-{self._count:04}.{'x' * 1200}"

    # -- the wire

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        told = await self._answer(head[0].split(" ")[1], form)
        if told is not None:
            status, said, *more = told
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(content)}", *more]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + content)
        writer.close()

    async def _answer(self, path: str, form: dict[str, str]) -> Any:
        if path == "/introspect":  # RFC 7662, for servers that take our tokens
            login = self.live.get(form.get("token", ""))
            return 200, {"active": login is not None, "username": login or "", "email": login or ""}
        assert path == "/token"
        self.asked.append(form)
        if self.before is not None:
            instead = self.before(form)
            if asyncio.iscoroutine(instead):
                instead = await instead
            if instead is not None:
                return None if instead == "hang up" else instead
        return self._token(form)


@asynccontextmanager
async def authorization_server(
    service: str, port: int | None = None
) -> AsyncIterator[AuthorizationServer]:
    here = AuthorizationServer(service=service, port=port or free_port())
    server = await asyncio.start_server(here.serve, "127.0.0.1", here.port)
    try:
        yield here
    finally:
        server.close()
