"""A process that tokenises what `workers.py` sends it, and ends when nobody can send any more.

It gets mail as it is stored, and the keys, through a pipe; it knows no database.
"""

import pickle
import sys
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO
from uuid import UUID

from posthouse.foundation.collector import collect_rarely
from posthouse.mail.mailboxes.reading import raw_of
from posthouse.mail.search.writing import read_document, writer_of
from posthouse.security.vault import BlobFiles, Keyring

Mail = tuple[Mapping[str, Any], Sequence[str]]
"""A row of `read_stored`, and hidden recipients."""
Made = list[bytes] | str
"""The tsvectors of a mail, or the error that it makes."""
# The words of a workspace take some 30 MB.
_MOST_KEYRINGS = 3

_keyrings: dict[tuple[UUID, int], Keyring] = {}


def make(keys: Keyring, files: BlobFiles, mail: Mail) -> Made:
    """Raises OSError when the disk fails, which says nothing against the mail."""
    stored, hidden = mail
    try:
        return writer_of(keys).chunks(read_document(raw_of(keys, stored, files), hidden))
    except (OSError, MemoryError):
        raise
    except Exception as error:
        return type(error).__name__


def _known(keys: Keyring) -> Keyring:
    """The keyring by which the words of this workspace are remembered."""
    name = keys.workspace_id, keys.generation
    if name not in _keyrings and len(_keyrings) >= _MOST_KEYRINGS:
        _keyrings.clear()
    return _keyrings.setdefault(name, keys)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer in order; a request that fails is answered with the error's name."""
    while head := requests.read(4):
        request = requests.read(int.from_bytes(head, "big"))
        try:
            keys, files, mails = pickle.loads(request)
            keys = _known(keys)
            answer: list[Made] | str = [make(keys, files, mail) for mail in mails]
        except Exception as error:
            answer = type(error).__name__
        written = pickle.dumps(answer)
        answers.write(len(written).to_bytes(4, "big") + written)
        answers.flush()


if __name__ == "__main__":
    collect_rarely()
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
