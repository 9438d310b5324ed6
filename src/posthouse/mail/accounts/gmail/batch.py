"""Several calls in one request: multipart/mixed with a call in each part.

developers.google.com/workspace/gmail/api/guides/batch
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from posthouse.mail.accounts.errors import Broken
from posthouse.mail.accounts.web import Answer, Pairs

# "Sending batches larger than 50 requests is not recommended."
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, by the name of its method; `content` is JSON."""

    method: str
    verb: str
    path: str
    query: Pairs = ()
    content: bytes = field(default=b"", repr=False)

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def request_of(calls: Sequence[Call]) -> tuple[str, bytes]:
    """(Content-Type, content) of a batch."""
    boundary = f"batch_{secrets.token_hex(16)}"
    lines: list[bytes] = []
    for number, call in enumerate(calls):
        lines += [
            f"--{boundary}".encode(),
            b"Content-Type: application/http",
            f"Content-ID: <item{number}>".encode(),
            b"",
            f"{call.verb} {call.target}".encode(),
        ]
        if call.content:
            lines += [
                b"Content-Type: application/json",
                b"Content-Length: %d" % len(call.content),
            ]
        lines += [b"", call.content]
    lines += [f"--{boundary}--".encode(), b""]
    return f"multipart/mixed; boundary={boundary}", b"\r\n".join(lines)


def answers_of(answer: Answer, count: int) -> list[Answer]:
    """The answers in the order of the calls. Raises Broken unless there is one for each."""
    boundary = _boundary(answer.headers.get("content-type", ""))
    found: dict[int, Answer] = {}
    # The end of a line before a boundary belongs to it (RFC 2046 5.1.1).
    parts = (b"\r\n" + answer.content).split(b"\r\n--" + boundary)
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, _, inner = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        number = _number(_fields(head.split(b"\r\n")).get("content-id", ""))
        found[number] = _inner(inner)
    if sorted(found) != list(range(count)):
        raise Broken("Google does not answer all that was asked for.")
    return [found[number] for number in range(count)]


def _inner(text: bytes) -> Answer:
    head, _, content = text.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise Broken("A part of Google's answer is no answer.")
    return Answer(status=int(words[1]), headers=_fields(lines), content=content)


def _fields(lines: Sequence[bytes]) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _number(content_id: str) -> int:
    """`<response-item7>` answers `<item7>`."""
    digits = content_id.strip("<>").rpartition("item")[2]
    if not digits.isdigit() or len(digits) > 4:
        raise Broken("Google answers something that was not asked for.")
    return int(digits)


def _boundary(content_type: str) -> bytes:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary" and value.strip('"'):
            return value.strip('"').encode("latin-1")
    raise Broken("Google's answer to a batch cannot be taken apart.")
