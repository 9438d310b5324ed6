"""The extensions there are: what `require` may name, and what ManageSieve announces."""

from collections.abc import Collection

from posthouse.protocols.sieve.comparators import COMPARATORS

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


def with_their_own(names: Collection[str]) -> frozenset[str]:
    """With what comes with them."""
    return frozenset((*names, *(["vacation"] if "vacation-seconds" in names else [])))  # RFC 6131 2
