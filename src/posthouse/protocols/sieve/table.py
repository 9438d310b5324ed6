"""All commands and tests, by name; a file per group of them."""

from posthouse.protocols.sieve.checker import Spec
from posthouse.protocols.sieve.commands import (
    actions,
    addresses,
    annotations,
    content,
    dates,
    editing,
    flags,
    including,
    lists,
    mailboxes,
    notify,
    parts,
    rewriting,
    surroundings,
    tests,
    vacation,
    variables,
    verdicts,
)

COMMANDS: dict[str, Spec] = {
    **actions.COMMANDS,
    **addresses.COMMANDS,
    **annotations.COMMANDS,
    **content.COMMANDS,
    **dates.COMMANDS,
    **editing.COMMANDS,
    **flags.COMMANDS,
    **including.COMMANDS,
    **lists.COMMANDS,
    **mailboxes.COMMANDS,
    **notify.COMMANDS,
    **parts.COMMANDS,
    **rewriting.COMMANDS,
    **surroundings.COMMANDS,
    **tests.COMMANDS,
    **vacation.COMMANDS,
    **variables.COMMANDS,
    **verdicts.COMMANDS,
}
