"""Asking DNS about a hosted domain, as the rest of the world does."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address

from posthouse.mail.domains.model import Check, Finding, Subject
from posthouse.protocols.dns import (
    Answer,
    BadName,
    IPAddress,
    MailExchanger,
    Resolver,
    ascii_name,
    host_addresses,
    reverse_name,
)
from posthouse.protocols.mailauth.dmarc import BadPolicy, Policy, is_dmarc
from posthouse.protocols.mailauth.dmarc import parse_record as parse_dmarc
from posthouse.protocols.mailauth.keys import BadKey, parse_key_record
from posthouse.protocols.mailauth.spf import SpfResult, check_spf
from posthouse.protocols.mailauth.spf.record import is_spf
from posthouse.security.members import DnsRecord

# Nobody's address (RFC 5737 3): what is allowed to send from there is allowed to everybody.
_NOBODY = IPv4Address("192.0.2.1")


async def check_records(
    resolver: Resolver, domain: str, hostname: str, wanted: Sequence[DnsRecord]
) -> list[Check]:
    """Each of `wanted`, and what the machine `hostname` itself needs. Never raises for DNS."""
    addresses = await host_addresses(resolver, hostname)
    checks = await asyncio.gather(
        _check_host(hostname, addresses),
        *(_check_reverse(resolver, hostname, address) for address in addresses.records),
        *(_check_wanted(resolver, domain, hostname, record, addresses) for record in wanted),
    )
    order = list(Subject)
    return sorted(checks, key=lambda check: order.index(check.subject))


async def _check_host(hostname: str, addresses: Answer[IPAddress]) -> Check:
    return Check(
        subject=Subject.HOST,
        name=hostname,
        type="A, AAAA",
        wanted="",
        found=tuple(str(address) for address in addresses.records),
        finding=_absence(addresses) or Finding.RIGHT,
    )


async def _check_reverse(resolver: Resolver, hostname: str, address: IPAddress) -> Check:
    """Large receivers refuse mail from an address whose name does not lead back to it."""
    answer = await resolver.ptr(address)
    right = Finding.RIGHT if _plain(hostname) in answer.records else Finding.ELSEWHERE
    return Check(
        subject=Subject.REVERSE,
        name=reverse_name(address),
        type="PTR",
        wanted=f"{hostname}.",
        found=answer.records,
        finding=_absence(answer) or right,
    )


async def _check_wanted(
    resolver: Resolver,
    domain: str,
    hostname: str,
    record: DnsRecord,
    addresses: Answer[IPAddress],
) -> Check:
    if record.type == "MX":
        return _check_mx(record, hostname, await resolver.mx(record.name))
    answer = await resolver.txt(record.name)
    subject, finding = Subject.SPF, _absence(answer)
    if record.name.startswith("_dmarc."):
        subject = Subject.DMARC
        finding = finding or _judge_dmarc(answer.records)
    elif "._domainkey." in record.name:
        subject = Subject.DKIM
        finding = finding or _judge_key(answer.records, record.value)
    else:
        finding = finding or await _judge_spf(resolver, domain, hostname, answer, addresses)
    return Check(
        subject=subject,
        name=record.name,
        type=record.type,
        wanted=record.value,
        found=tuple(_shown(subject, answer.records)),
        finding=finding,
    )


def _check_mx(record: DnsRecord, hostname: str, answer: Answer[MailExchanger]) -> Check:
    ours = any(each.host == _plain(hostname) for each in answer.records)
    return Check(
        subject=Subject.MX,
        name=record.name,
        type="MX",
        wanted=record.value,
        found=tuple(f"{each.preference} {each.host}." for each in answer.records),
        finding=_absence(answer) or (Finding.RIGHT if ours else Finding.ELSEWHERE),
    )


async def _judge_spf(
    resolver: Resolver,
    domain: str,
    hostname: str,
    answer: Answer[bytes],
    addresses: Answer[IPAddress],
) -> Finding:
    """By what a receiver would conclude, not by the text: there are many ways to write it."""
    records = [text for text in answer.records if is_spf(text)]
    if len(records) != 1:  # RFC 7208 4.5: several are a permanent error
        return Finding.SEVERAL if records else Finding.MISSING
    author = f"postmaster@{domain}"
    concluded = [
        (await check_spf(resolver, address, author, hostname)).result
        for address in (*addresses.records, _NOBODY)
    ]
    *ours, nobodys = concluded
    if SpfResult.PERMERROR in concluded:
        return Finding.BROKEN
    if SpfResult.TEMPERROR in concluded:
        return Finding.UNKNOWN
    if nobodys is SpfResult.PASS:
        return Finding.OPEN
    return Finding.RIGHT if set(ours) <= {SpfResult.PASS} else Finding.NOT_COVERED


def _judge_key(records: Sequence[bytes], wanted: str) -> Finding:
    if len(records) > 1:  # RFC 6376 3.6.2.2: which one is taken is undefined
        return Finding.SEVERAL
    try:
        published = parse_key_record(records[0])
    except BadKey:
        return Finding.BROKEN
    same = published.public == parse_key_record(wanted.encode()).public
    return Finding.RIGHT if same else Finding.OTHER_KEY


def _judge_dmarc(records: Sequence[bytes]) -> Finding:
    policies = [text for text in records if is_dmarc(text)]
    if len(policies) != 1:  # RFC 7489 6.6.3: several are all discarded
        return Finding.SEVERAL if policies else Finding.MISSING
    try:
        policy = parse_dmarc(policies[0])
    except BadPolicy:
        return Finding.BROKEN
    if policy.policy is Policy.NONE:
        return Finding.WATCHING
    return Finding.RIGHT if policy.report_to else Finding.SILENT


def _shown(subject: Subject, records: Sequence[bytes]) -> list[str]:
    """Of a domain's TXT records those that are meant: others may stand beside an SPF record."""
    meant = [text for text in records if subject is not Subject.SPF or is_spf(text)]
    return [text.decode("ascii", "backslashreplace") for text in meant]


def _absence(answer: Answer[object]) -> Finding | None:
    if answer.temporary:
        return Finding.UNKNOWN
    return None if answer.found else Finding.MISSING


def _plain(hostname: str) -> str:
    try:
        return ascii_name(hostname)
    except BadName:
        return hostname.lower()
