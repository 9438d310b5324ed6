"""A mail → its traits, in groups: what the filter learns from and judges by."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posthouse.mail.filtering import chinese, habits, headers, links, tricks, way
from posthouse.mail.filtering.model import Group, much
from posthouse.mail.filtering.numbers import Numbers, Words, distinct, numbers_of, salted
from posthouse.protocols import mime

# Characters of the body that are read: junk that says nothing in so many has said nothing.
_MOST_TEXT = 10_000
_MOST_MARKUP = 40_000
_TAG = re.compile(
    r"<([a-zA-Z!/][a-zA-Z0-9]{0,12})((?:\s{1,3}[a-zA-Z-]{1,20}(?:\s{0,2}=\s{0,2}(?:\"[^\"<>]{0,60}\"|'[^'<>]{0,60}'|[^\s\"'<>]{1,40}))?){0,4})"
)
_MOST_TAGS = 300
_VALUE = re.compile(r"([a-zA-Z-]{1,20})\s{0,2}=\s{0,2}[\"']?([^\s\"'<>]{1,24})")


@dataclass(slots=True)
class Traits:
    """Of one mail: numbers by group, and what they were, to explain a judgement."""

    numbers: dict[Group, Numbers]
    names: dict[Group, list[str]]
    body: Words
    subject: Words


def traits_of(prefix: bytes, scan: mime.Scan, subject: str, verdict: Mapping[str, Any]) -> Traits:
    """Everything that is looked at; at most some 6,000 traits. Never raises on what mail holds."""
    plain, html = mime.body_parts(scan)
    text, markup = _texts(scan, plain, html)
    loud = list(tricks.tone(text))
    text, odd = tricks.undo(text)
    title, odd_title = tricks.undo(subject[:500])
    who = headers.author(scan)
    host = who.address.rpartition("@")[2].lower() if who else ""
    hops = way.hops_of(prefix, scan)
    places, odd_links = links.link_traits(text, markup, host)
    names: dict[Group, list[str]] = {
        Group.FORM: [
            *headers.form_traits(scan, subject, verdict),
            *odd,
            *loud,
            *odd_links,
            *(f"subject: {each}" for each in odd_title),
            *(tricks.markup_tricks(markup) if markup else ()),
            *(_proportions(text, markup) if markup else ()),
            *_attachment_traits(scan),
            *chinese.script_traits(text),
            f"size {len(text).bit_length()}",
        ],
        Group.LINKS: places,
        Group.SENDER: [*headers.sender_traits(scan, verdict), *headers.field_traits(scan)],
        Group.MARKUP: list(_markup_traits(markup)),
        Group.LISTS: list(headers.list_traits(scan)),
        Group.PATH: list(way.path_traits(hops)),
        Group.HABITS: list(habits.program_traits(scan)),
        Group.WAY: list(way.way_traits(prefix, scan, hops)),
    }
    names = {group: list(dict.fromkeys(each)) for group, each in names.items()}
    body, heading = Words(text[:_MOST_TEXT]), Words(title)
    named = numbers_of([name for each in names.values() for name in each])
    ends = np.cumsum([len(each) for each in names.values()])
    parts = np.split(named, ends[:-1])
    numbers = {group: salted(part, group) for group, part in zip(names, parts, strict=True)}
    heading_words = _words(heading, title)
    numbers[Group.WORDS] = distinct(
        np.concatenate((_words(body, text[:_MOST_TEXT]), heading_words))
    )
    numbers[Group.SUBJECT] = salted(heading_words, Group.SUBJECT)
    return Traits(numbers, names, body, heading)


def _words(read: Words, text: str) -> Numbers:
    """Of a text that was read. Traditional characters count as simplified ones too, so that what
    is learned of one is known of the other.
    """
    if (simple := chinese.simplified(text)) is text or simple == text:
        return distinct(np.concatenate((read.single, read.joined)))
    other = Words(simple)
    return distinct(np.concatenate((read.single, read.joined, other.single, other.joined)))


def _texts(scan: mime.Scan, plain: list[mime.Part], html: list[mime.Part]) -> tuple[str, str]:
    """The text that is read, and the HTML. What only programs see of an alternative counts too."""
    markup = "\n".join(mime.text_of(scan, part) for part in html[:4])[:_MOST_MARKUP]
    text = "\n".join(mime.text_of(scan, part) for part in plain[:4])[:_MOST_TEXT]
    if markup:
        text = f"{text}\n{mime.html_to_text(markup)}"
    return text[:_MOST_TEXT], markup


def _markup_traits(markup: str) -> Iterable[str]:
    for count, match in enumerate(_TAG.finditer(markup)):
        if count > _MOST_TAGS:
            break
        tag = match[1].lower()
        yield f"tag {tag}"
        for name, value in _VALUE.findall(match[2]):
            if name.lower() not in ("href", "src", "alt", "title"):
                yield f"tag {tag} {name.lower()} {value.lower()}"


def _proportions(text: str, markup: str) -> Iterable[str]:
    """How much of HTML is said in words, and how much in pictures."""
    yield f"words of markup {len(text) * 16 // len(markup)}"
    lower = markup.lower()
    if pictures := lower.count("<img"):
        yield f"pictures {much(pictures)}"
        yield f"words to a picture {(len(text) // pictures).bit_length()}"


def _attachment_traits(scan: mime.Scan) -> Iterable[str]:
    files = mime.attachments(scan)
    if files:
        yield f"files {min(len(files), 15).bit_length()}"
    for file in files[:10]:
        stem, _, ending = file.name.lower().rpartition(".")
        yield f"file {ending[:8]} {file.mime_type}"
        if "." in stem[-5:]:
            yield f"two endings {ending[:8]}"
