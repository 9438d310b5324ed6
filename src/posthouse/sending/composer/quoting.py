"""Pictures of a quoted message: shown to the writer by our API, so they must travel along."""

import re
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.listing.message import inline_address, read_inline
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.security.members import Actor
from posthouse.sending.composer.originals import find_original
from posthouse.sending.composer.uploads import UploadedFile

_NOBODY = UUID(int=0)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# The address under which the page shows an inline image, with or without the host before it.
_SHOWN = re.compile(
    r'(\ssrc=")[^"]*?'
    + re.escape(inline_address(_NOBODY, "")).replace(re.escape(str(_NOBODY)), f"({_UUID})")
    + r'([^"?]+)"',
    re.IGNORECASE,
)
_MOST = 50


@dataclass(frozen=True, slots=True)
class Quote:
    """The quote with its pictures named by `cid:`, and those pictures."""

    html: str
    pictures: list[UploadedFile]


async def carry_pictures(tx: Tx, actor: Actor, html: str) -> Quote:
    """What the actor may read is taken along; other pictures keep an address nobody can open."""
    found = list(dict.fromkeys((UUID(m[2]), unquote(m[3])) for m in _SHOWN.finditer(html)))[:_MOST]
    raws: dict[UUID, bytes] = {}
    pictures: dict[tuple[UUID, str], UploadedFile] = {}
    for number, (message_id, content_id) in enumerate(found):
        try:
            if message_id not in raws:
                await find_original(tx, actor, message_id)
                raws[message_id] = await read_raw(tx, message_id)
            file = read_inline(raws[message_id], content_id)
        except NotFound:
            continue
        pictures[message_id, content_id] = UploadedFile(
            id=UUID(int=message_id.int ^ number),
            name=file.name,
            mime_type=file.type,
            data=file.content,
        )

    def bind(match: re.Match[str]) -> str:
        picture = pictures.get((UUID(match[2]), unquote(match[3])))
        return f'{match[1]}cid:{picture.id}"' if picture else match[0]

    return Quote(_SHOWN.sub(bind, html), list(pictures.values()))
