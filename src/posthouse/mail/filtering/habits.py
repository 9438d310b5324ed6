"""Habits of the program that made a mail: no two programs write a header alike.

A forger writes one field as Outlook does and the next as no program ever did. Each is harmless
alone, so what belongs together is named together.
"""

from collections.abc import Iterator
from itertools import pairwise

from posthouse.mail.filtering.headers import LIST_FIELDS, NOT_OF_THE_SENDER, shape
from posthouse.mail.search.tokens import words
from posthouse.protocols import mime

_MOST_READ = 200
_MOST_FIELDS = 60
_MOST_PARTS = 12
# Names that programs write in more than one way.
_WRITTEN = frozenset((b"Message-Id", b"Mime-Version"))
_USUAL = frozenset((b"Message-ID", b"MIME-Version"))


def program_traits(scan: mime.Scan) -> Iterator[str]:
    """Which fields follow each other and how they are written, how identity, boundary and parts
    look, and all that together with the program it is said to be from.
    """
    names = [
        name
        for name, _ in scan.root.fields[:_MOST_READ]
        if not NOT_OF_THE_SENDER.fullmatch(name) and not LIST_FIELDS.fullmatch(name)
    ][:_MOST_FIELDS]
    for name in names:
        if name in _WRITTEN or (name not in _USUAL and name != name.title()):
            yield f"written {name.decode('latin-1')}"
    for one, next_one in pairwise(name.lower().decode("latin-1") for name in names):
        yield f"order {one} {next_one}"
    program = " ".join(words(mime.decode_text(_program(scan)))[:3])
    identity = (mime.message_id(scan) or "").strip("<>").rpartition("@")[0]
    yield f"made by {program} with id {shape(identity)}"
    if written := scan.header(b"date"):
        yield f"date {shape(written.decode('latin-1').strip())}"
    if boundary := scan.root.content_type.params.get("boundary"):
        yield f"boundary {shape(boundary)}"
        yield f"made by {program} with boundary {shape(boundary)}"
    tree = " ".join(f"{part.depth} {part.mime_type}" for part in scan.parts[:_MOST_PARTS])
    yield f"tree {tree}"
    yield f"made by {program} with tree {tree}"
    for part in scan.parts[:_MOST_PARTS]:
        if said := part.content_type.params:
            yield f"parameters {part.mime_type} {' '.join(list(said)[:6])}"


def _program(scan: mime.Scan) -> bytes:
    return scan.header(b"x-mailer") or scan.header(b"user-agent") or b""
