"""AWS Signature Version 4: who asks, for what, and when, proved without sending the key.

After the AWS General Reference, "Create a signed AWS API request".
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_SAFE = "-_.~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """An access key and its secret."""

    access: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One to be sent. `path` is written as it goes over the wire; header names are small."""

    method: str
    host: str
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def signed(
    request: Request, keys: Keys, region: str, service: str, now: datetime
) -> tuple[tuple[str, str], ...]:
    """The headers to send: those of the request, the time, and the signature over all of them."""
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = (("host", request.host), *request.headers, ("x-amz-date", moment))
    names = ";".join(sorted({name for name, _ in headers}))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    asked = hashlib.sha256(_canonical(request, headers, names).encode()).hexdigest()
    to_sign = "\n".join((_ALGORITHM, moment, scope, asked))
    signature = _mac(_key(keys.secret, scope), to_sign).hex()
    proof = (
        f"{_ALGORITHM} Credential={keys.access}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return (*headers, ("authorization", proof))


def _canonical(request: Request, headers: tuple[tuple[str, str], ...], names: str) -> str:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(" ".join(value.split()))
    pairs = sorted(
        (quote(name, safe=_SAFE), quote(value, safe=_SAFE))
        for name, value in parse_qsl(request.query, keep_blank_values=True)
    )
    return "\n".join(
        (
            request.method,
            quote(request.path, safe=_SAFE + "/%"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{','.join(values[name])}" for name in sorted(values)),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _key(secret: str, scope: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, said: str) -> bytes:
    return hmac.new(key, said.encode(), hashlib.sha256).digest()
