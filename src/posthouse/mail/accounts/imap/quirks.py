"""What providers do otherwise than the RFCs say, and how we know them.

A row applies by the name of the host, by what the server says of itself (greeting, ID), or by an
extension of its own. What a person switched off for an account counts beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# RFC 2177 3: a server may drop who idles for half an hour.
_IDLE_SECONDS = 28 * 60.0
_POLL_SECONDS = 120.0
# Not one server needs them, and some offer them broken (MailKit 2016, modern-email/defects 49).
_NEVER = frozenset({"IMAP4REV2", "UIDONLY", "UTF8=ACCEPT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How to speak with one server.

    `without`: extensions that are offered and do not work. `idle_seconds`: how long one IDLE may
    last. `poll_seconds`: how often to look where there is no IDLE; `status_polls`: NOOP neither
    keeps the session alive nor tells anything, STATUS does both. `searches`: UID SEARCH can be
    relied on. `deletes_in_trash`: what is expunged anywhere else stays in another folder.
    """

    without: frozenset[str] = frozenset()
    idle_seconds: float = _IDLE_SECONDS
    poll_seconds: float = _POLL_SECONDS
    status_polls: bool = False
    searches: bool = True
    deletes_in_trash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A row: who it is, what it does, why we think so, and where that is told."""

    name: str
    quirks: Quirks
    why: str
    source: str
    hosts: tuple[str, ...] = ()
    says: re.Pattern[str] | None = None
    extension: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What is known of a server when its quirks are asked for."""

    host: str
    greeting: str = ""
    capabilities: frozenset[str] = frozenset()
    identity: Mapping[str, str] = field(default_factory=dict)


TABLE = (
    Known(
        name="NetEase (Coremail)",
        hosts=("163.com", "126.com", "yeah.net", "188.com", "netease.com"),
        says=re.compile(r"coremail", re.IGNORECASE),
        extension="X-CM-EXT-1",
        quirks=Quirks(without=frozenset({"SASL-IR", "IDLE"}), poll_seconds=55.0, status_polls=True),
        why="offers SASL-IR and fails on it; has no IDLE, and NOOP does not keep a session alive",
        source="modern-email/defects 54; mailcore2 1113; EmailEngine imap-client.js:1494",
    ),
    Known(
        name="QQ, Tencent Exmail",
        hosts=("qq.com", "foxmail.com"),
        says=re.compile(r"QQMail", re.IGNORECASE),
        quirks=Quirks(searches=False, poll_seconds=60.0),
        why="UID SEARCH is answered BAD at times; ENVELOPE and BODYSTRUCTURE are malformed, but we"
        " ask for neither",
        source="S22.Imap 126; mailcore2 1025; MailKit 1076",
    ),
    Known(
        name="sina",
        hosts=("sina.com", "sina.cn", "sina.com.cn"),
        quirks=Quirks(poll_seconds=60.0),
        why="has no extension but ID, so it is polled; tells \\Sent without SPECIAL-USE",
        source="MailKit 961",
    ),
    Known(
        name="Office 365, Exchange",
        hosts=("office365.com", "outlook.com"),
        says=re.compile(r"Microsoft Exchange", re.IGNORECASE),
        quirks=Quirks(searches=False),
        why="SEARCH is unreliable since Exchange 2010 (IMAP4rev2 and UIDONLY are broken as well)",
        source="isync commit notes; MailKit 2016; modern-email/defects 49",
    ),
    Known(
        name="Zoho",
        hosts=("zoho.com", "zoho.eu", "zoho.in", "zoho.com.cn"),
        quirks=Quirks(without=frozenset({"CONDSTORE", "QRESYNC"})),
        why="sends MODSEQ -1",
        source="MailKit ReleaseNotes",
    ),
    Known(
        name="Yahoo",
        hosts=("yahoo.com", "yahoo.co.jp", "aol.com"),
        quirks=Quirks(idle_seconds=180.0),
        why="forgets who idles for longer than a few minutes",
        source="EmailEngine imap-client.js:1494",
    ),
    Known(
        name="Rambler",
        hosts=("rambler.ru",),
        quirks=Quirks(idle_seconds=55.0, poll_seconds=55.0),
        why="ends an IDLE after a minute",
        source="EmailEngine imap-client.js:1494",
    ),
    Known(
        name="Gmail",
        hosts=("gmail.com", "googlemail.com"),
        extension="X-GM-EXT-1",
        quirks=Quirks(deletes_in_trash=True),
        why="a folder is a label: what is expunged there stays in All Mail",
        source="Nylas sync-engine, backends/gmail.py",
    ),
)


def quirks_of(server: Appearance, overrides: Mapping[str, bool]) -> Quirks:
    """All rows that apply together. `overrides` switches an extension off (False), or one on again
    that a row switches off (True).
    """
    rows = [row.quirks for row in TABLE if _applies(row, server)]
    without = _NEVER.union(*(row.without for row in rows))
    without -= {extension.upper() for extension, on in overrides.items() if on}
    without |= {extension.upper() for extension, on in overrides.items() if not on}
    return Quirks(
        without=without,
        idle_seconds=min((row.idle_seconds for row in rows), default=_IDLE_SECONDS),
        poll_seconds=min((row.poll_seconds for row in rows), default=_POLL_SECONDS),
        status_polls=any(row.status_polls for row in rows),
        searches=all(row.searches for row in rows),
        deletes_in_trash=any(row.deletes_in_trash for row in rows),
    )


def _applies(row: Known, server: Appearance) -> bool:
    host = server.host.rstrip(".").lower()
    if any(host == known or host.endswith(f".{known}") for known in row.hosts):
        return True
    if row.extension and row.extension in server.capabilities:
        return True
    said = (server.greeting, server.identity.get("name", ""), server.identity.get("vendor", ""))
    return row.says is not None and any(map(row.says.search, said))


# -- what servers say when they have had enough

_MOST_SECONDS = 300.0  # longer than this nobody means it
_USUAL_SECONDS = 60.0
_TOLD = re.compile(r"Backoff Time\D{0,5}(\d{1,9}) *(milliseconds|seconds)?", re.IGNORECASE)
_ENOUGH = re.compile(
    r"is throttled|too many (?:simultaneous |concurrent )?(?:connections|requests|logins?\b)"
    r"|bandwidth limits|rate limit|try again later|频繁",
    re.IGNORECASE,
)


def backoff_seconds(code: str, text: str) -> float | None:
    """How long a refusal asks us to stay away; None when it is about something else."""
    if (told := _TOLD.search(text)) is not None:
        seconds = float(told[1])
        if (told[2] or "milliseconds").lower() == "milliseconds":
            seconds /= 1000
        return min(seconds, _MOST_SECONDS)
    if code == "THROTTLED" or _ENOUGH.search(text):
        return _USUAL_SECONDS
    return None
