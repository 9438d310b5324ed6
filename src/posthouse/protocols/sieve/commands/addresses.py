"""The tests `address` and `envelope` (RFC 5228 5.1, 5.4), with subaddresses (RFC 5233)."""

from posthouse.protocols import mime
from posthouse.protocols.sieve.checker import (
    INDEX_TAGS,
    LISTED_TAGS,
    Call,
    Checker,
    Mistake,
    Spec,
    Tag,
)
from posthouse.protocols.sieve.commands.parts import MIME_TAGS, fields_asked
from posthouse.protocols.sieve.errors import shown
from posthouse.protocols.sieve.letter import Field
from posthouse.protocols.sieve.machine import Machine, Test

PART_TAGS = (
    Tag("all", group="part"),
    Tag("localpart", group="part"),
    Tag("domain", group="part"),
    Tag("user", group="part", needs="subaddress"),
    Tag("detail", group="part", needs="subaddress"),
)
# RFC 5228 5.1: the test is for fields that hold addresses.
_ADDRESS_FIELDS = frozenset(
    (
        "from",
        "to",
        "cc",
        "bcc",
        "sender",
        "reply-to",
        "resent-from",
        "resent-to",
        "resent-cc",
        "resent-bcc",
        "resent-sender",
        "resent-reply-to",
        "apparently-to",
        "errors-to",
        "delivered-to",
        "x-original-to",
        "return-path",
        "mail-followup-to",
        "mail-reply-to",
        "return-receipt-to",
        "disposition-notification-to",
        "abuse-reports-to",
        "for-approval",
        "for-handling",
        "for-comment",
        "x-admin",
        "read-receipt-to",
        "x-confirm-reading-to",
        "return-receipt-requested",
        "registered-mail-reply-requested-by",
        "x-complaints-to",
        "x-report-abuse-to",
        "x-beenthere",
        "list-post",
    )
)
_SEPARATOR = "+"
_COST = 100  # reading addresses, per octet


def address_part(address: str, part: str) -> str | None:
    """The part of an addr-spec; None where there is no such part (RFC 5233 4).

    RFC 5228 5.1: what is no address is found as a whole only.
    """
    if part == "all":
        return address
    local, _, domain = address.rpartition("@")
    if not local or not domain:
        return None
    if part == "domain":
        return domain
    local = _unquoted(local)
    if part == "localpart":
        return local
    user, separator, detail = local.partition(_SEPARATOR)
    if part == "user":
        return user
    return detail if separator else None


def _unquoted(local: str) -> str:
    if len(local) >= 2 and local.startswith('"') and local.endswith('"'):
        return local[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return local


def _address(checker: Checker, call: Call) -> Test:
    names, keys = checker.texts(call.strings(0)), checker.texts(call.strings(1))
    for name in names:
        if isinstance(name, str) and name.lower() not in _ADDRESS_FIELDS:
            raise Mistake(call.given[0].at, f"“{shown(name)}” is no field that holds addresses.")
    matching, index = checker.matching(call, keys), checker.index(call)
    part, fields = call.tag("part") or "all", fields_asked(call)

    def test(machine: Machine) -> bool:
        values: list[str] = []
        for name in machine.texts(names):
            for each in index(_addresses(machine, fields(machine, name))):
                found = address_part(each.address, part)
                if found is not None:
                    values.append(found)
        return machine.compare(matching, values, keys)

    return test


def _addresses(machine: Machine, fields: list[Field]) -> list[mime.Address]:
    """Those of all the fields; of a field without any, what stands there."""
    found: list[mime.Address] = []
    for field in fields:
        if not machine.letter.has_read(field):
            machine.budget.pay(_COST * len(field.value))
        listed = machine.letter.addresses(field)
        found += [each for each in listed if each.address]
        if not any(each.address or each.group is not None for each in listed):
            found.append(mime.Address("", machine.letter.text(field.value)))
    return found


def _envelope(checker: Checker, call: Call) -> Test:
    keys = checker.texts(call.strings(1))
    said = call.strings(0)
    names = checker.texts(said)
    for name in names:
        if isinstance(name, str) and name.lower() not in ("from", "to"):
            raise Mistake(said.at, f"The envelope has no “{shown(name)}”.")
    matching = checker.matching(call, keys)
    part = call.tag("part") or "all"

    def test(machine: Machine) -> bool:
        asked = {name.lower() for name in machine.texts(names)}
        values: list[str] = []
        if "from" in asked:
            values.append(machine.surroundings.mail_from)
        if "to" in asked:
            values.append(machine.surroundings.rcpt_to)
        # RFC 5228 5.4: the null return path is "", whichever part is asked for.
        parts = [address_part(value, part) if value else "" for value in values]
        return machine.compare(matching, [each for each in parts if each is not None], keys)

    return test


COMMANDS: dict[str, Spec] = {
    "address": Spec(
        build=_address,
        test=True,
        tags=(*LISTED_TAGS, *PART_TAGS, *INDEX_TAGS, *MIME_TAGS),
        takes=("strings", "strings"),
    ),
    "envelope": Spec(
        build=_envelope,
        test=True,
        needs=frozenset({"envelope"}),
        tags=(*LISTED_TAGS, *PART_TAGS),
        takes=("strings", "strings"),
    ),
}
