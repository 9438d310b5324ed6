"""The built page: files from memory, every other path the page's own to make sense of."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler

from posthouse.foundation.errors import NotFound

# Vite puts a hash of the content into these names.
_IMMUTABLE = "assets/"
# Routes whose answers are packed already carry this mark.
PACKED = "packed"
_WORTH_PACKING = 1024
_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Posthouse</title>
<body style="font:16px/1.6 system-ui,sans-serif;max-width:34em;margin:4em auto;padding:0 1em">
<h1>Posthouse 驿站</h1>
<p>The server runs, but the page has not been built here. Run <code>make setup</code>.</p>
<p lang="zh-CN">服务已经启动，但网页还没有构建。请运行 <code>make setup</code>。</p>
<p><a href="/api/v1/openapi.json">API: OpenAPI 3.1</a></p>
</html>
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent. `packed` is its gzip form, when that is smaller."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str
    cache: str


def page_handler() -> HTTPRouteHandler:
    """Serves the page of this installation; a plain word of what to do when it is not built."""
    folder = resources.files(__package__).joinpath("page")
    files = _read(folder) if folder.is_dir() else {}

    @get(["/", "/{path:path}"], include_in_schema=False, opt={"as_it_is": True})
    async def serve_page(request: Request[Any, Any, Any], path: str = "") -> Response[Any]:
        """A file, or index.html for a path of the page."""
        name = path.lstrip("/")
        if name.startswith(("api/", "assets/")) and name not in files:
            raise NotFound("There is nothing here.")
        file = files.get(name) or files.get("index.html")
        if file is None:
            return Response(_NOT_BUILT, media_type=MediaType.HTML, status_code=503)
        return _answer(request, file)

    return serve_page


def _answer(request: Request[Any, Any, Any], file: _File) -> Response[bytes]:
    headers = {"ETag": file.etag, "Cache-Control": file.cache, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers)
    content = file.content
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = file.packed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=file.media_type, headers=headers)


def _read(folder: Traversable, prefix: str = "") -> Mapping[str, _File]:
    files: dict[str, _File] = {}
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            files.update(_read(entry, f"{name}/"))
        else:
            files[name] = _file(name, entry.read_bytes())
    return files


@lru_cache(maxsize=256)  # packing takes a tenth of a second; http and https share the files
def _file(name: str, content: bytes) -> _File:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(content, 9, mtime=0) if len(content) >= _WORTH_PACKING else None
    if packed is not None and len(packed) > 0.9 * len(content):
        packed = None
    immutable = name.startswith(_IMMUTABLE)
    return _File(
        content,
        packed,
        media_type,
        f'"{blake2b(content, digest_size=12).hexdigest()}"',
        "public, max-age=31536000, immutable" if immutable else "no-cache",
    )
