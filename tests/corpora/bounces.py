"""The labelled bounces: what each one is about, and whom it names.

The labels of reasons are the suite's own. It has none for recipients: they are read here from the
report's fields or the returned header, and by eye (`bounces.toml`) where those do not tell.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

from posthouse.protocols import mime
from posthouse.protocols.dsn.model import Kind
from posthouse.protocols.dsn.notice import read_notice

_BY_EYE = tomllib.loads(Path(__file__).with_name("bounces.toml").read_text("utf-8"))["recipients"]
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")
_FIELDS = (
    r"^[> ]*Final-Recipient:\s*[\w-]+\s*;\s*<?([^\s>]+)",
    r"^[> ]*Original-Rcpt-To:\s*<?([^\s>]+)",
)
# Their 34 kinds as our words; several of theirs are one of ours.
REASONS = {
    "authfailure": "authentication",
    "badreputation": "blocked",
    "blocked": "blocked",
    "contenterror": "content",
    "delivered": "",
    "exceedlimit": "too_large",
    "expired": "expired",
    "feedback": "complaint",
    "filtered": "recipient_refused",
    "hasmoved": "mailbox_moved",
    "hostunknown": "host_unknown",
    "mailboxfull": "mailbox_full",
    "mailererror": "system",
    "mesgtoobig": "too_large",
    "networkerror": "network",
    "norelaying": "policy",
    "notaccept": "no_mail_host",
    "notcompliantrfc": "content",
    "onhold": "unknown",
    "policyviolation": "policy",
    "rejected": "sender_refused",
    "requireptr": "blocked",
    "securityerror": "policy",
    "spamdetected": "spam",
    "speeding": "rate_limited",
    "suspend": "mailbox_inactive",
    "syntaxerror": "system",
    "systemerror": "system",
    "systemfull": "system",
    "toomanyconn": "rate_limited",
    "undefined": "unknown",
    "userunknown": "user_unknown",
    "vacation": "automatic",
    "virusdetected": "virus",
}


def labelled(corpora: Path) -> dict[Path, Counter[str]]:
    """File → the reasons of its recipients, in our words."""
    suite = corpora / "sisimai-rb"
    found: dict[Path, Counter[str]] = defaultdict(Counter)
    with (suite / "expected.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found[suite / row["file"]][REASONS[row["reason"]]] += 1
    return found


def recipients(path: Path) -> set[str]:
    """Whom the mail is about, in lower case."""
    if path.stem in _BY_EYE:
        return set(_BY_EYE[path.stem])
    text = path.read_bytes().replace(b"\r\n", b"\n").decode("utf-8", "replace")
    for field in _FIELDS:
        named = re.findall(field, text, re.MULTILINE | re.IGNORECASE)
        if named:
            return {who.lower() for who in named}
    failed = re.findall(r"^X-Failed-Recipients:\s*(.*)", text, re.MULTILINE | re.IGNORECASE)
    returned = re.findall(r"^To:\s*(.*)", text.partition("\n\n")[2], re.MULTILINE | re.IGNORECASE)
    named = failed or returned[-1:]
    return {who.lower() for who in _ADDRESS.findall(" ".join(named))}


def read(path: Path) -> tuple[Counter[str], set[str]]:
    """(the reasons, the recipients) that we find."""
    notice = read_notice(mime.scan(path.read_bytes()))
    if notice is None:
        return Counter(), set()
    people = {who.recipient.lower() for who in notice.recipients if who.recipient}
    if notice.kind in (Kind.COMPLAINT, Kind.AUTOMATIC):
        # One may name nobody: providers hide who complained.
        return Counter({notice.kind.value: max(len(notice.recipients), 1)}), people
    return Counter(who.reason.value if who.reason else "" for who in notice.recipients), people
