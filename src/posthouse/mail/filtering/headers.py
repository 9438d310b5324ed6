"""What the header of a mail says about where it comes from and how it was made."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from posthouse.mail.search.tokens import words
from posthouse.protocols import mime
from posthouse.protocols.mailauth.dmarc import organisational_domain

# Fields whose mere presence says nothing, or was written by whoever stood in between.
_UNTOLD = re.compile(
    rb"received.*|return-path|delivered-to|x-(?:spam|posthouse|rspamd|virus|original-to|sieve"
    rb"|pyzor|uidl|keywords|mozilla|evolution|gmail|ms-exchange|forefront|microsoft-antispam).*"
    rb"|.*authentication-results|arc-.*|status|x-status|lines|content-length|envelope-to"
    rb"|dkim-signature|received-spf|from|to|subject|date|message-id|mime-version|content-.*",
    re.I,
)
LIST_FIELDS = re.compile(
    rb"list-.*|x-(?:beenthere|mailman.*|mailing-list|loop|list.*)|precedence|errors-to"
    rb"|sender",
    re.I,
)
# What was written on the way, or by whoever collected the mail.
NOT_OF_THE_SENDER = re.compile(
    rb"received.*|return-path|delivered-to|.*authentication-results|arc-.*|received-spf|envelope-to"
    rb"|x-(?:spam|posthouse|rspamd|virus|original-to|sieve|pyzor|uidl|keywords|mozilla|evolution|gmail"
    rb"|ms-exchange|forefront|microsoft-antispam).*|status|x-status|lines|content-length",
    re.I,
)
_DIGITS = re.compile(r"\d+")
_HEX = re.compile(r"[0-9a-f]{8,}", re.I)
_CHARSET = re.compile(rb"charset\s{0,3}=\s{0,3}[\"']?([\w.:-]{2,40})", re.I)
_ENCODED = re.compile(rb"=\?([\w.:-]{2,40})\?([bq])\?", re.I)
_ZONE = re.compile(rb"([+-]\d{4}|[A-Z]{3,4})\s*(?:\(.{0,20}\)\s*)?$")
_MOST_FIELDS = 200
_MOST_WORDS = 30


def author(scan: mime.Scan) -> mime.Address | None:
    """Who the mail says has written it."""
    found = mime.addresses(scan, b"from")
    return found[0] if found else None


def sender_traits(scan: mime.Scan, verdict: Mapping[str, Any]) -> Iterator[str]:
    """Who sends it with what: names of traits that only a house's own mail can teach."""
    who = author(scan)
    if who is not None:
        yield from _author_traits(who)
    for field, mark in ((b"reply-to", "reply"), (b"sender", "sender")):
        for person in mime.addresses(scan, field)[:2]:
            yield f"{mark} {domain_of(person.address)}"
    for field in (b"x-mailer", b"user-agent"):
        for word in words(mime.decode_text(scan.header(field)))[:6]:
            yield f"program {word}"
    yield from _message_id_traits(scan, who)
    zone = _ZONE.search(scan.header(b"date") or b"")
    yield f"zone {zone[1].decode() if zone else 'none'}"
    for charset in set(_CHARSET.findall(scan.raw[: 1 << 14])[:6]):
        yield f"charset {charset.decode().lower()}"
    yield from _encoding_traits(scan)
    for part in scan.parts[:20]:
        yield f"type {part.mime_type} {part.encoding}"
    for signature in (verdict.get("dkim") or ())[:3]:
        yield f"signed {signature.get('domain')} {signature.get('result')}"


def list_traits(scan: mime.Scan) -> Iterator[str]:
    """What lists and senders of much mail write."""
    for name, value in scan.root.fields[:_MOST_FIELDS]:
        if LIST_FIELDS.fullmatch(name):
            yield f"field {name.decode('latin-1').lower()}"
            if name.lower() in (b"list-id", b"x-mailing-list", b"x-beenthere"):
                yield f"list {value.strip()[:80].decode('latin-1').lower()}"


def form_traits(scan: mime.Scan, subject: str, verdict: Mapping[str, Any]) -> Iterator[str]:
    """What is odd about a mail wherever it comes from."""
    who = author(scan)
    yield from _subject_traits(subject)
    if who is None or "@" not in who.address:
        yield "no author"
    elif "@" in who.name and domain_of(who.name) != domain_of(who.address):
        yield "another address as name"
    receivers = [*mime.addresses(scan, b"to"), *mime.addresses(scan, b"cc")]
    yield "no receiver" if not receivers else f"receivers {min(len(receivers), 31).bit_length()}"
    yield from _relation_traits(scan, who, receivers)
    if scan.header(b"in-reply-to") or scan.header(b"references"):
        yield "answer"
    for name in ("message-id", "date", "mime-version", "to"):
        if scan.header(name.encode()) is None:
            yield f"without {name}"
    for key in ("spf", "dmarc"):
        if isinstance(result := verdict.get(key), Mapping):
            yield f"{key} {result.get('result')}"
    if "dkim" in verdict:
        results = {str(each.get("result")) for each in verdict["dkim"] or ()}
        yield f"dkim {'pass' if 'pass' in results else 'fail' if results else 'none'}"


def _relation_traits(
    scan: mime.Scan, who: mime.Address | None, receivers: Sequence[mime.Address]
) -> Iterator[str]:
    """Who is asked to answer whom. A list has its members answer where the mail was sent to."""
    named = {one.address.lower() for one in receivers}
    replies = mime.addresses(scan, b"reply-to")
    if who is not None and replies and not same_house(replies[0].address, who.address):
        listed = replies[0].address.lower() in named
        yield "answers go to receivers" if listed else "answers go elsewhere"
    if who is not None and who.address.lower() in named:
        yield "author is receiver"
    if receivers:
        first = receivers[0]
        plain = not first.name or first.name.lower() == first.address.lower()
        yield "receiver without a name" if plain else "receiver by name"


def field_traits(scan: mime.Scan) -> Iterator[str]:
    """Which fields there are: programs have their habits."""
    for name, _ in scan.root.fields[:_MOST_FIELDS]:
        if not _UNTOLD.fullmatch(name) and not LIST_FIELDS.fullmatch(name):
            yield f"field {name.decode('latin-1').lower()}"
    priority = scan.header(b"x-priority") or scan.header(b"importance")
    if priority:
        yield f"priority {priority[:10].decode('latin-1').lower()}"


def _author_traits(who: mime.Address) -> Iterator[str]:
    address = mime.canonical(who.address)
    yield f"author {address}"
    domain = address.rpartition("@")[2]
    yield f"domain {domain}"
    yield f"house {house_of(domain)}"
    yield f"top {domain.rpartition('.')[2]}"
    yield f"shape of author {shape(address.rpartition('@')[0])}"
    for word in words(who.name)[:_MOST_WORDS]:
        yield f"name {word}"
    if not who.name:
        yield "no name"


def _message_id_traits(scan: mime.Scan, who: mime.Address | None) -> Iterator[str]:
    identity = mime.message_id(scan)
    if not identity:
        return
    left, _, host = identity.strip("<>").rpartition("@")
    yield f"id host {house_of(host.lower())}"
    yield f"id shape {shape(left)}"
    if who is not None:
        yield "id of author" if same_house(identity.strip("<>"), who.address) else "id of another"


def _subject_traits(subject: str) -> Iterator[str]:
    text = subject.strip()
    if not text:
        yield "no subject"
        return
    letters = [sign for sign in text if sign.isascii() and sign.isalpha()]
    if len(letters) > 8 and sum(map(str.isupper, letters)) > len(letters) * 0.8:
        yield "shouting subject"
    for sign, name in (("!", "!"), ("！", "!"), ("?", "?"), ("$", "$"), ("%", "%"), ("￥", "$")):
        if sign in text:
            yield f"subject has {name}"
    if "    " in text:
        yield "gap in subject"
    if text.lower().startswith(("re:", "fw:", "fwd:", "回复", "转发", "答复")):
        yield "subject of answer"
    if text[-1:].isdigit() and len(text.split()[-1]) > 3:
        yield "number ends subject"


def _encoding_traits(scan: mime.Scan) -> Iterator[str]:
    raw = (scan.header(b"subject") or b"") + b" " + (scan.header(b"from") or b"")
    if not raw.isascii():
        yield "undeclared characters in header"
    for charset, encoding in set(_ENCODED.findall(raw)):
        yield f"encoded {charset.decode('latin-1').lower()} {encoding.decode().lower()}"


def shape(text: str) -> str:
    """How a generated name looks, whatever was generated."""
    text = _HEX.sub("h", text[:80])
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", _DIGITS.sub("9", text)))[:40]


def domain_of(address: str) -> str:
    return house_of(address.rpartition("@")[2].strip(" >\"'").lower())


def house_of(domain: str) -> str:
    domain = domain.strip(".")[:253]
    return organisational_domain(domain) if domain.isascii() else domain


def same_house(one: str, other: str) -> bool:
    return domain_of(one) == domain_of(other)
