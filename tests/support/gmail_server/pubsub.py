"""Cloud Pub/Sub as far as Gmail's notifications need it: a topic, and pull and push of it."""

import asyncio
import base64
import functools
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.web_server import Request, Response

TOPIC = "projects/house/topics/gmail"
SUBSCRIPTION = "projects/house/subscriptions/gmail-posthouse"
PUSHER = "pusher@house.iam.gserviceaccount.com"

# (Authorization, body) → the status it was answered with.
Push = Callable[[str, bytes], Awaitable[int]]


@functools.cache
def _key(kid: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Signs tokens as Google does, and tells its keys as www.googleapis.com/oauth2/v3/certs."""

    def __init__(self, kid: str = "key-1") -> None:
        self.kid = kid

    def token(self, audience: str, **changes: Any) -> str:
        """P /authenticate-push-subscriptions, "JWT format"."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "azp": "113774264463038321964",
            "email": PUSHER,
            "sub": "113774264463038321964",
            "email_verified": True,
            "exp": now + 3600,
            "iat": now,
            "iss": "https://accounts.google.com",
        } | changes
        header = {"alg": "RS256", "kid": self.kid, "typ": "JWT"}
        signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
        proof = _key(self.kid).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(proof)}"

    def keys(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 7517)."""
        numbers = _key(self.kid).public_key().public_numbers()
        size = numbers.n.bit_length() // 8
        return {
            "keys": [
                {
                    "kid": self.kid,
                    "kty": "RSA",
                    "alg": "RS256",
                    "use": "sig",
                    "n": _b64(numbers.n.to_bytes(size + 1, "big").lstrip(b"\0")),
                    "e": _b64(numbers.e.to_bytes(3, "big")),
                }
            ]
        }


@dataclass(kw_only=True)
class PubSub:
    """`waiting` are messages that nobody has acknowledged, by their ids."""

    topics: set[str] = field(default_factory=lambda: {TOPIC})
    waiting: dict[str, bytes] = field(default_factory=dict)
    push: Push | None = None
    audience: str = ""
    signer: Signer = field(default_factory=Signer)
    tokens: set[str] = field(default_factory=set)
    count: int = 0
    keys_asked: int = 0
    _pushing: set[asyncio.Task[None]] = field(default_factory=set)

    def publish(self, topic: str, data: bytes) -> None:
        """To both subscriptions."""
        assert topic in self.topics
        self.count += 1
        self.waiting[str(self.count)] = data
        if self.push is not None:
            task = asyncio.create_task(self._push(self.push, data))
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    async def _push(self, push: Push, data: bytes) -> None:
        """P /push: delivered again unless the answer is 102, 200, 201, 202 or 204."""
        authorization = f"Bearer {self.signer.token(self.audience)}"
        for _ in range(3):
            if await push(authorization, self.envelope(data)) in (102, 200, 201, 202, 204):
                return

    def envelope(self, data: bytes) -> bytes:
        """P /push, "Receive messages": the data in base64, inside `message`."""
        message = {
            "data": base64.b64encode(data).decode(),
            "messageId": str(self.count),
            "publishTime": "2026-11-23T19:00:00.000Z",
        }
        return json.dumps({"message": message, "subscription": SUBSCRIPTION}).encode()

    def service_key(self) -> dict[str, str]:
        """The file that the console gives for a service account."""
        private = _key("service").private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "client_email": PUSHER,
            "private_key": private.decode(),
            "private_key_id": "service",
        }

    def _token(self, request: Request) -> Response:
        """developers.google.com/identity/protocols/oauth2/service-account#httprest"""
        form = dict(parse_qsl(request.body.decode()))
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        signed, _, proof = form["assertion"].rpartition(".")
        _key("service").public_key().verify(
            base64.urlsafe_b64decode(proof + "=="),
            signed.encode(),
            padding.PKCS1v15(),
            hashes.SHA256(),
        )
        claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        assert claims["iss"] == PUSHER
        assert claims["aud"] == "https://oauth2.googleapis.com/token"
        assert claims["scope"] == "https://www.googleapis.com/auth/pubsub"
        assert claims["exp"] - claims["iat"] <= 3600
        self.tokens = {f"puller-{len(self.tokens)}"}
        told = {"access_token": next(iter(self.tokens)), "expires_in": 3599, "token_type": "Bearer"}
        return Response(body=json.dumps(told).encode())

    async def end(self) -> None:
        for task in list(self._pushing):
            task.cancel()

    def answer(self, request: Request) -> Response:
        """P /reference/rest/v1/projects.subscriptions/pull and …/acknowledge."""
        if request.path == "/oauth2/v3/certs":
            self.keys_asked += 1
            headers = (("Cache-Control", "public, max-age=22000, must-revalidate"),)
            return Response(body=json.dumps(self.signer.keys()).encode(), headers=headers)
        if request.path == "/token":
            return self._token(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return Response(status=401, body=b'{"error":{"code":401,"status":"UNAUTHENTICATED"}}')
        asked = request.json()
        if request.path == f"/v1/{SUBSCRIPTION}:pull":
            some = list(self.waiting.items())[: asked["maxMessages"]]
            told: Mapping[str, Any] = {
                "receivedMessages": [
                    {
                        "ackId": f"ack-{number}",
                        "message": {"data": base64.b64encode(data).decode(), "messageId": number},
                    }
                    for number, data in some
                ]
            }
            return Response(body=json.dumps(told if some else {}).encode())
        assert request.path == f"/v1/{SUBSCRIPTION}:acknowledge"
        for each in asked["ackIds"]:
            self.waiting.pop(each.removeprefix("ack-"), None)
        return Response(body=b"{}")
