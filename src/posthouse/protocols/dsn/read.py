"""Delivery status notifications as they come back (RFC 3464, RFC 6533), read leniently."""

import re
from dataclasses import dataclass

from posthouse.protocols.mime.model import Scan
from posthouse.protocols.mime.text import content

_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_MOST_BLOCKS = 500
_MOST_OCTETS = 256 * 1024
_BLANK = re.compile(r"\n[ \t]*\n")
_FOLD = re.compile(r"\n[ \t]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One recipient of a report. Everything in it was written by a stranger.

    `action` is in lower case; `status` is an enhanced code or ""; `recipient` and `diagnostic` are
    without their type.
    """

    action: str
    status: str
    recipient: str
    diagnostic: str
    remote_host: str


def read_dsn(scan: Scan) -> list[Reported]:
    """The recipients of the first delivery-status part; none when it is no such report."""
    for part in scan.parts:
        if part.mime_type in _REPORTS:
            text = content(scan, part)[:_MOST_OCTETS].decode("utf-8", "replace")
            return _recipients(text.replace("\r\n", "\n"))
    return []


def _recipients(text: str) -> list[Reported]:
    reported: list[Reported] = []
    for block in _BLANK.split(text.strip(), _MOST_BLOCKS):
        fields = _fields(block)
        if "action" not in fields:
            continue
        status = _STATUS.match(fields.get("status", ""))
        reported.append(
            Reported(
                action=fields["action"].split()[0].lower() if fields["action"] else "",
                status=status[0] if status else "",
                recipient=_untyped(fields.get("final-recipient", "")),
                diagnostic=_untyped(fields.get("diagnostic-code", "")),
                remote_host=_untyped(fields.get("remote-mta", "")),
            )
        )
    return reported


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in _FOLD.sub(" ", block).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _untyped(value: str) -> str:
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon else kind).strip()
