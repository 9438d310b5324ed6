"""Changing the body (RFC 5703): replace and enclose."""

from posthouse.protocols import mime
from posthouse.protocols.mime.fold import Unbuildable
from posthouse.protocols.sieve.checker import Call, Checker, Mistake, Spec, Tag
from posthouse.protocols.sieve.commands.editing import checked_name
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.machine import Machine, Run
from posthouse.protocols.sieve.rewriting import Replacement, enclosed, replaced
from posthouse.protocols.sieve.syntax import Strings
from posthouse.protocols.sieve.values import Text
from posthouse.protocols.smtp.address import BadAddress, parse_address

_MOST_ENCLOSED = 4


def _replace(checker: Checker, call: Call) -> Run:
    content = checker.text(call.strings(0))
    is_entity = "mime" in call.tags
    if is_entity:  # 5: they would have to be ignored
        for tag in ("subject", "from"):
            if tag in call.tags:
                raise Mistake(call.node.at, f"“:{tag}” has no say beside “:mime”.")
    subject = checker.tag_text(call, "subject")
    author = _author(checker, call.tag_strings("from"))

    def run(machine: Machine) -> None:
        part = machine.part or machine.letter.scan.root
        new = Replacement(
            content=machine.text(content),
            is_entity=is_entity,
            subject=None if subject is None else machine.text(subject),
            author=() if author is None else _mailboxes(machine.text(author)),
        )
        machine.pay_for_rewriting(len(new.content))
        try:
            made = replaced(machine.letter, part, new)
        except Unbuildable as error:
            raise ScriptFailed(str(error)) from None
        machine.replace_part(part, made)

    return run


def _author(checker: Checker, said: Strings | None) -> Text | None:
    if said is None:
        return None
    author = checker.text(said)
    if isinstance(author, str):
        try:
            _mailboxes(author)
        except ScriptFailed as error:
            raise Mistake(said.at, str(error)) from None
    return author


def _mailboxes(text: str) -> tuple[mime.Address, ...]:
    """5: an RFC 5322 mailbox-list. Raises ScriptFailed."""
    listed = mime.parse_addresses(text)
    try:
        for each in listed:
            parse_address(each.address)
    except BadAddress:
        listed = []
    if not listed or any(each.group is not None for each in listed):
        raise ScriptFailed(f"“{shown(text)}” is no list of mail addresses.")
    return tuple(listed)


def _enclose(checker: Checker, call: Call) -> Run:
    text = checker.text(call.strings(0))
    subject, listed = checker.tag_text(call, "subject"), call.tag_strings("headers")
    names = checker.texts(listed) if listed else ()
    for name in names:
        if isinstance(name, str) and listed is not None:
            try:
                checked_name(name)
            except ScriptFailed as error:
                raise Mistake(listed.at, str(error)) from None

    def run(machine: Machine) -> None:
        machine.enclosed += 1
        if machine.enclosed > _MOST_ENCLOSED:
            raise ScriptFailed(f"A message is enclosed at most {_MOST_ENCLOSED} times.")
        words = machine.text(text)
        machine.pay_for_rewriting(len(words))
        try:
            made = enclosed(
                machine.letter,
                words,
                None if subject is None else machine.text(subject),
                machine.texts(names),
                machine.surroundings.rcpt_to,
                machine.surroundings.now,
            )
        except Unbuildable as error:
            raise ScriptFailed(str(error)) from None
        machine.enclose(made)

    return run


COMMANDS: dict[str, Spec] = {
    "replace": Spec(
        build=_replace,
        needs=frozenset({"replace"}),
        tags=(Tag("mime"), Tag("subject", takes="string"), Tag("from", takes="string")),
        takes=("string",),
    ),
    "enclose": Spec(
        build=_enclose,
        needs=frozenset({"enclose"}),
        tags=(Tag("subject", takes="string"), Tag("headers", takes="strings")),
        takes=("string",),
    ),
}
