"""DMARC aggregate reports (RFC 7489 appendix C, RFC 9990 section 3.1): XML → facts.

Read generously: senders wrote drafts of the schema, leave elements out, write other cases. What
a report cannot be without are its domain and its days; a record without a source or a number is
left out.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from posthouse.protocols.aggregate.errors import BadReport
from posthouse.protocols.aggregate.xml import Element, children_of, decode

MOST_RECORDS = 30_000
_MOST_RESULTS = 20  # of one record: a mail with more signatures says nothing more by them
_LONGEST = 255
_MOST_COUNT = 1 << 40
_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = datetime(2200, 1, 1, tzinfo=UTC)
_DISPOSITIONS = frozenset({"none", "pass", "quarantine", "reject"})  # pass: RFC 9990
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A domain that a check was about, and what it found: `pass`, `fail`, `none` …"""

    domain: str
    result: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """Mails of one source that fared alike.

    `dkim` and `spf` say whether it passed in the name of the author's domain (aligned);
    `signatures` and `senders` what was found in whosever name. `disposition` is what the receiver
    did: none (`pass` of RFC 9990 is the same), quarantine, reject. `reasons` say why that was not
    what the policy asked for: forwarded, trusted_forwarder, mailing_list …
    """

    source: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    reasons: tuple[str, ...]
    header_from: str
    envelope_from: str
    signatures: tuple[Identifier, ...]
    senders: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcReport:
    """Who reports on which domain about which time, by which policy, and what was seen."""

    reporter: str
    contact: str
    report_id: str
    begins_at: datetime
    ends_at: datetime
    domain: str
    policy: str
    records: tuple[DmarcRecord, ...] = field(repr=False)


def parse_dmarc(data: bytes) -> DmarcReport:
    """One document. Raises BadReport."""
    metadata = policy = Element("")
    records: list[DmarcRecord] = []
    unread = 0
    for element in children_of(decode(data), "feedback"):
        if element.name == "report_metadata":
            metadata = element
        elif element.name == "policy_published":
            policy = element
        elif element.name == "record":
            record = _record(element)
            if record is None:
                unread += 1
            else:
                records.append(record)
            if len(records) > MOST_RECORDS:
                raise BadReport("too many records")
    domain = _domain(policy, "domain")
    if not domain:
        raise BadReport("it names no domain")
    if unread and not records:
        raise BadReport("none of its records can be read")
    days = metadata.find("date_range") or Element("")
    begins_at, ends_at = _moment(days, "begin"), _moment(days, "end")
    return DmarcReport(
        reporter=_text(metadata, "org_name"),
        contact=_text(metadata, "email"),
        report_id=_text(metadata, "report_id"),
        begins_at=begins_at,
        ends_at=max(begins_at, ends_at),
        domain=domain,
        policy=_word(policy, "p"),
        records=tuple(records),
    )


def _record(element: Element) -> DmarcRecord | None:
    row = element.find("row") or Element("")
    source, count = _source(row.said("source_ip")), _count(row.said("count"))
    if source is None or count is None:
        return None
    evaluated = row.find("policy_evaluated") or Element("")
    identifiers = element.find("identifiers") or element.find("identities") or Element("")
    results = element.find("auth_results") or Element("")
    disposition = _word(evaluated, "disposition")
    if disposition not in _DISPOSITIONS or disposition == "pass":
        disposition = "none"
    reasons = (_word(reason, "type") for reason in evaluated.all("reason"))
    return DmarcRecord(
        source=source,
        count=count,
        disposition=disposition,
        dkim=_word(evaluated, "dkim") == "pass",
        spf=_word(evaluated, "spf") == "pass",
        reasons=tuple(dict.fromkeys(reason for reason in reasons if reason))[:_MOST_RESULTS],
        header_from=_domain(identifiers, "header_from"),
        envelope_from=_domain(identifiers, "envelope_from"),
        signatures=_identifiers(results, "dkim"),
        senders=_identifiers(results, "spf"),
    )


def _identifiers(results: Element, name: str) -> tuple[Identifier, ...]:
    found = (
        Identifier(
            domain=_domain(each, "domain"),
            result=_word(each, "result") or "none",
            selector=_text(each, "selector"),
        )
        for each in list(results.all(name))[:_MOST_RESULTS]
    )
    return tuple(each for each in found if each.domain)


def _source(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _count(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        return None
    return min(int(text), _MOST_COUNT)


def _moment(days: Element, name: str) -> datetime:
    """Seconds since 1970."""
    text = days.said(name).partition(".")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise BadReport("it does not say of which days it is")
    seconds = int(text)
    if not _FIRST_DAY.timestamp() <= seconds <= _LAST_DAY.timestamp():
        raise BadReport("its days are not of this time")
    return datetime.fromtimestamp(seconds, UTC)


def _text(element: Element, name: str) -> str:
    return _UNPRINTABLE.sub(" ", element.said(name)).strip()[:_LONGEST]


def _word(element: Element, name: str) -> str:
    return _text(element, name).lower()


def _domain(element: Element, name: str) -> str:
    """As it is written, in lower case: it may be anything that a forger wrote."""
    return _word(element, name).rstrip(".")
