"""Keywords of other servers as keywords of a mailbox of ours: those that are words at all."""

import re
from collections.abc import Iterable
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.mail.mailboxes.folders import keyword_names, keyword_numbers

# RFC 3501 9, flag-keyword: an atom; and no longer than we take one from our own clients.
_USABLE = re.compile(r"[!#-'+-\[^-z|}~$]{1,100}")


async def numbers_for(tx: Tx, mailbox_id: UUID, words: Iterable[str]) -> dict[str, int]:
    """Folded keyword → number; those that are none, or too many for a mailbox, are left out."""
    usable = {word.casefold(): word for word in sorted(words) if _USABLE.fullmatch(word)}
    if not usable:
        return {}
    try:
        return await keyword_numbers(tx, mailbox_id, usable.values())
    except Invalid:
        known = {name.casefold(): n for n, name in (await names_of(tx, mailbox_id)).items()}
        return {word: known[word] for word in usable if word in known}


async def names_of(tx: Tx, mailbox_id: UUID) -> dict[int, str]:
    """Number → keyword."""
    return await keyword_names(tx, mailbox_id)
