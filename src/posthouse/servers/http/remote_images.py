"""Remote images of mail, fetched by us: the sender learns that this house looked, not who or where.

Only public addresses on the web's own ports, only pictures, only what a message shows (a signed
address), never a cookie or a referrer.
"""

import asyncio
import hmac
from base64 import urlsafe_b64decode
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpcore
from litestar import Response, get

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy, Invalid, NotFound
from posthouse.foundation.guarded import (
    FAILURES,
    WEB_PORTS,
    Guarded,
    MayReach,
    content_of,
    header_of,
    is_public,
    moved_to,
)
from posthouse.mail.listing.reading import remote_token, require_readable
from posthouse.protocols.dns import BadName, CachingResolver, ascii_name, query_name
from posthouse.security.members import Actor
from posthouse.security.vault import keyring

_PICTURES = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif")
)
_LARGEST = 8 << 20
_SECONDS = 10.0
_MOST_REDIRECTS = 3
_KEPT = "%/:=&?~+!$,;'@()*[]"
_TIMEOUT = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
_HEADERS = [("Accept", "image/*"), ("User-Agent", "Mozilla/5.0 (compatible; Posthouse)")]


@get("/messages/{message_id:uuid}/remote", summary="A remote image of a message", tags=["mail"])
async def read_remote_image(
    actor: Actor, database: Database, message_id: UUID, url: str, token: str
) -> Response[bytes]:
    """By the addresses that `?images=remote` puts into a message. 404 for anything else."""
    async with database.workspace(actor.workspace_id) as tx:
        await require_readable(tx, actor, message_id)
        wanted = remote_token(await keyring(tx), message_id, url)
    if not hmac.compare_digest(wanted, _decoded(token)):
        raise NotFound("There is no such image in this message.")
    kind, content = await fetch_image(database.service(CachingResolver), url)
    return Response(
        content,
        media_type=kind,
        headers={
            "Cache-Control": "private, max-age=86400",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


async def fetch_image(
    resolver: CachingResolver, url: str, *, may_reach: MayReach = is_public
) -> tuple[str, bytes]:
    """(type, bytes) of the picture at `url`. Raises NotFound, Invalid, Busy."""
    pool = httpcore.AsyncConnectionPool(network_backend=Guarded(resolver, may_reach))
    try:
        async with pool, asyncio.timeout(_SECONDS):
            for _ in range(_MOST_REDIRECTS + 1):
                found = await _ask(pool, url)
                if isinstance(found, tuple):
                    return found
                url = found
    except TimeoutError:
        raise Busy("The image's server is too slow.") from None
    except FAILURES as error:
        raise Busy("The image's server does not answer.") from error
    raise NotFound("The image is nowhere: its address leads in circles.")


async def _ask(pool: httpcore.AsyncConnectionPool, url: str) -> tuple[str, bytes] | str:
    """The picture, or where it has gone."""
    address = _address_of(url)
    async with pool.stream(
        "GET", address, headers=_HEADERS, extensions={"timeout": _TIMEOUT}
    ) as response:
        if elsewhere := moved_to(url, response):
            return elsewhere
        kind = header_of(response, b"content-type").partition(";")[0].strip().lower()
        if response.status != 200 or kind not in _PICTURES:
            raise NotFound("There is no image at that address.")
        content = await content_of(response, _LARGEST)
        if content is None:
            raise NotFound("The image is too large.")
        return kind, content


def _address_of(url: str) -> httpcore.URL:
    """`url` in ASCII. Raises Invalid unless it is one of the web."""
    try:
        parts = urlsplit(url)
        target = quote(parts.path or "/", safe=_KEPT)
        if parts.query:
            target += "?" + quote(parts.query, safe=_KEPT)
        host = parts.hostname or ""
        return httpcore.URL(
            scheme=parts.scheme,
            host=host if ":" in host else query_name(ascii_name(host)),
            port=parts.port or WEB_PORTS[parts.scheme],
            target=target,
        )
    except (ValueError, KeyError, BadName):
        raise Invalid("That is no address of an image.", field="url") from None


def _decoded(token: str) -> bytes:
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
