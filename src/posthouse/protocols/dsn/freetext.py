"""Notifications in words only: where the report ends, whom it names, what is said of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from posthouse.protocols.dsn.read import MOST_RECIPIENTS, address_in

MOST_TEXT = 64 * 1024
_MOST_SAID = 2000
_LONGEST_LINE = 4000
_Finder = Callable[[str], tuple[str, str] | None]
_ADDR = r"[^\s<>,;:\"'()\[\]*|]{1,128}@[^\s<>,;:\"'()\[\]|\u3001-\u3011\uff01-\uff1f]{1,255}"

# A line after which only the message that was returned follows.
_RETURNED = re.compile(
    r"^[ \t>]*(?:"
    r"-{2,}[ -]*(?:below this line|original message|forwarded message|returned message"
    r"|unsent message|message header|this is a copy|the header of the original"
    r"|the body of the message|returned mail|original mail|enclosed is|undelivered message)"
    r"|(?:original message(?: follows| headers?|:)|original mail as follows|included is a copy"
    r"|below is a copy of|received: ?(?:from|by|\()|return-path: ?<"
    r"|\|?-* *message (?:headers?|text) follows?|\*{3,} *end of message"
    r"|the original message follows"
    r"|headers? of the original message|the attachment contains the original"
    r"|\[?原始邮件|原邮件(?:内容|信息)|-{3,} *原始邮件)"
    r").*$",
    re.IGNORECASE | re.MULTILINE,
)
# A line that names a recipient, and what more it says. Tried once per line, from its start.
_NAMED = re.compile(
    r"[ \t>]{0,40}(?:[*•]+[ \t]*|>>>[ \t]*|-[ \t]+)?(?:"
    rf"[<\"“]?(?P<alone>{_ADDR})[>\"”]?(?:<mailto:[^>]{{1,400}}>)?(?:[ \t]*<{_ADDR}>)?"
    r"(?P<after>[ \t]*(?:$|[:\[(\uff1a,;-]|on\b|invalid address|\.\.\.|failed|does not|is not"
    r"|not |unknown|smtp\b|the |user |mailbox ).*)?"
    r")$",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"(?:unknown user|user unknown|no such user|unknown recipient|undeliverable(?: to)?"
    r"|(?:exceeds allowed size|mailbox full|invalid final delivery userid|user not known)"
    r"|(?:recipient|destination)(?: address)?(?:es)?|rcpt to|could not be delivered to"
    r"|deliver(?:y|ed)?(?: (?:the |your |this )?(?:message|mail|email))? to(?: the following"
    r" address)?(?:es)?|message to|permanent errors|rejected recipient"
    r"|[a-z]{4,}:|was not (?:delivered|received by)|发送到|投递到|发往|收件人(?:地址|邮件地址)?"
    r"|邮箱|无法(?:送达|发送到))"
    rf"[ \t]*[:\uff1a]?[ \t]*[<\"“\[(]?(?P<inside>{_ADDR})",
    re.IGNORECASE,
)
_REPLY = re.compile(
    rf"[ \t>]{{0,40}}(?:<<<[ \t]*)?[245]\d\d[ \t-][^<@]{{0,80}}<(?P<said>{_ADDR})>", re.IGNORECASE
)
_TO = re.compile(r"^[ \t>]*to:[ \t]*(.{1,2000})$", re.IGNORECASE | re.MULTILINE)
_ORIGINAL_FIELD = re.compile(
    r"^[ \t>]*(?:from|to|cc|bcc|reply-to|sender|mail from|return-path|subject|von|an|de|発信元"
    r"|发件人|抄送|主题|original sender|x-[\w-]+|message-id)[ \t]*[:\uff1a=]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """An address that the text names, and what it says about it."""

    address: str
    said: str
    at_start: bool = False  # of a line, as lists of recipients have it


def split_returned(text: str) -> tuple[str, str]:
    """(the report, the returned message) of a text that holds both."""
    match = _RETURNED.search(text[:MOST_TEXT])
    if match is None:
        return text[:MOST_TEXT], ""
    return text[: match.start()], text[match.start() : MOST_TEXT]


def named_recipients(report: str) -> list[Named]:
    """The recipients that a report names in words, each once, with the lines that follow."""
    lines = report.split("\n")
    places = _places(lines, _at_start)
    at_start, before = bool(places), not places
    places = places or _places(lines, _in_reply)
    if not places:
        before, places = False, _places(lines, _in_words)
    named: dict[str, Named] = {}
    last = 0
    for number, (line, address, rest) in enumerate(places[:MOST_RECIPIENTS]):
        if before:  # a transcript: what was said stands above the line that names
            around = [*lines[last:line], rest]
            last = line + 1
        else:
            end = places[number + 1][0] if number + 1 < len(places) else len(lines)
            around = [rest, *lines[line + 1 : end]]
        said = " ".join(" ".join(around)[:_MOST_SAID].split())
        known = named.get(address.lower())
        if known is None or not known.said:
            named[address.lower()] = Named(address, said, at_start)
    return list(named.values())


def addressed(returned: str) -> str:
    """The first address in the To field of a returned message's header."""
    match = _TO.search(returned)
    return address_in(match[1]) if match else ""


def _places(lines: list[str], find: _Finder) -> list[tuple[int, str, str]]:
    """(line, address, what else it says) wherever `find` hits; an address once in a row."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines):
        if "@" not in line or len(line) > _LONGEST_LINE or _ORIGINAL_FIELD.match(line):
            continue
        hit = find(line)
        if hit is not None:
            address = hit[0].rstrip(".")
            if not (found and found[-1][1] == address):
                found.append((number, address, hit[1]))
    return found


def _at_start(line: str) -> tuple[str, str] | None:
    match = _NAMED.match(line)
    return (match["alone"], match["after"] or "") if match else None


def _in_reply(line: str) -> tuple[str, str] | None:
    match = _REPLY.match(line)
    return (match["said"], line) if match else None


def _in_words(line: str) -> tuple[str, str] | None:
    match = _INSIDE.search(line)
    return (match["inside"], line) if match else None
