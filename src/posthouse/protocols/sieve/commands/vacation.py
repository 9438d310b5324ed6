"""The action `vacation` (RFC 5230), with `:seconds` (RFC 6131)."""

import hashlib
from datetime import timedelta

from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.commands.copies import FCC_TAGS, copy_asked
from posthouse.protocols.sieve.commands.mail_addresses import mail_address, sender_of
from posthouse.protocols.sieve.machine import Machine, Run
from posthouse.protocols.sieve.model import Vacation
from posthouse.protocols.sieve.syntax import Strings

_PAUSE = timedelta(days=7)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=365)


def _vacation(checker: Checker, call: Call) -> Run:
    reason = checker.text(call.strings(0))
    subject, sender = checker.tag_text(call, "subject"), sender_of(checker, call)
    said = call.tag_strings("addresses")
    addresses = checker.texts(said) if said else ()
    handle, whole = checker.tag_text(call, "handle"), call.tag("mime") is not None
    pause, copy = _pause(call), copy_asked(checker, call)
    if whole and isinstance(reason, str):
        _checked_entity(reason, call.strings(0))

    def run(machine: Machine) -> None:
        title = None if subject is None else machine.text(subject)
        author = None if sender is None else mail_address(machine.text(sender))
        words = machine.text(reason)
        known_by = machine.text(handle) if handle is not None else None
        machine.do(
            Vacation(
                reason=words,
                subject=title,
                from_address=None if sender is None else machine.text(sender),
                addresses=tuple(machine.texts(addresses)),
                mime=whole,
                handle=_handle(known_by, words, title, author, whole),
                pause=pause,
                copy=copy(machine),
            )
        )

    return run


def _handle(
    said: str | None, reason: str, subject: str | None, author: str | None, whole: bool
) -> str:
    """4.2: without `:handle`, what is said tells one answer from another."""
    if said is not None:
        return f"handle {said}"
    told = "\0".join((reason, subject or "", author or "", "mime" if whole else ""))
    return "text " + hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def _pause(call: Call) -> timedelta:
    number = call.tag_number("pause")
    if number is None:
        return _PAUSE
    by_seconds = call.tag("pause") == "seconds"
    seconds = number if by_seconds else min(number, 3650) * 86_400
    return min(max(timedelta(seconds=min(seconds, 1 << 30)), _SHORTEST), _LONGEST)


def _checked_entity(reason: str, said: Strings) -> None:
    """4.3: with `:mime` the reason is a MIME entity, with fields of its own."""
    if not reason.isascii():
        raise Mistake(said.at, "A MIME entity is written in ASCII.")


COMMANDS: dict[str, Spec] = {
    "vacation": Spec(
        build=_vacation,
        needs=frozenset({"vacation"}),
        tags=(
            *FCC_TAGS,
            Tag("days", takes="number", group="pause"),
            Tag("seconds", takes="number", group="pause", needs="vacation-seconds"),
            Tag("subject", takes="string"),
            Tag("from", takes="string"),
            Tag("addresses", takes="strings"),
            Tag("mime"),
            Tag("handle", takes="string"),
        ),
        takes=("string",),
    )
}
