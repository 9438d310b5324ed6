"""The extensions there are: what `require` may name."""

from collections.abc import Collection

from posthouse.protocols.sieve.comparators import COMPARATORS

# Drafts that an RFC has replaced: old scripts run, and nobody is told to write more of them.
OLD = frozenset(
    (
        "imapflags",  # draft-melnikov-sieve-imapflags-03; RFC 5232 replaced it
        "notify",  # draft-martin-sieve-notify-01; RFC 5435 replaced it
    )
)
_SUCCESSORS = {"imapflags": "imap4flags", "notify": "enotify"}

# What ManageSieve announces.
EXTENSIONS = frozenset(
    (
        "body",  # RFC 5173
        "copy",  # RFC 3894
        "date",  # RFC 5260
        "duplicate",  # RFC 7352
        "editheader",  # RFC 5293
        "enotify",  # RFC 5435, RFC 5436
        "enclose",  # RFC 5703 6
        "encoded-character",  # RFC 5228 2.4.2.4
        "envelope",  # RFC 5228 5.4
        "environment",  # RFC 5183
        "ereject",  # RFC 5429
        "extlists",  # RFC 6134
        "extracttext",  # RFC 5703 7
        "fcc",  # RFC 8580
        "fileinto",  # RFC 5228 4.1
        "foreverypart",  # RFC 5703 3
        "ihave",  # RFC 5463
        "imap4flags",  # RFC 5232
        "include",  # RFC 6609
        "index",  # RFC 5260 6
        "mailbox",  # RFC 5490 3
        "mailboxid",  # RFC 9042
        "mboxmetadata",  # RFC 5490 3
        "mime",  # RFC 5703 4
        "regex",  # draft-ietf-sieve-regex
        "reject",  # RFC 5429
        "relational",  # RFC 5231
        "spamtest",  # RFC 5235
        "spamtestplus",  # RFC 5235
        "replace",  # RFC 5703 5
        "servermetadata",  # RFC 5490 4
        "special-use",  # RFC 8579
        "subaddress",  # RFC 5233
        "vacation",  # RFC 5230
        "vacation-seconds",  # RFC 6131
        "variables",  # RFC 5229
        "virustest",  # RFC 5235
        *(f"comparator-{name}" for name in COMPARATORS),
    )
)


def are_known(names: Collection[str]) -> bool:
    return all(name in EXTENSIONS or name in OLD for name in names)


def contradiction(names: Collection[str]) -> str | None:
    """What is wrong with these together: the same commands would mean two things."""
    for old, new in _SUCCESSORS.items():
        if old in names and new in names:
            return f"“{old}” is the draft of “{new}”: a script has one of them."
    return None


def with_their_own(names: Collection[str]) -> frozenset[str]:
    """With what comes with them."""
    return frozenset((*names, *(["vacation"] if "vacation-seconds" in names else [])))  # RFC 6131 2
