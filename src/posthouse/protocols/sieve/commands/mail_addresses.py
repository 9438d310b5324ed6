"""Addresses that mail is sent to or from (RFC 5228 2.4.2.3)."""

import re

from posthouse.protocols.sieve.checker import Call, Checker, Mistake
from posthouse.protocols.sieve.errors import ScriptFailed, shown
from posthouse.protocols.sieve.values import Text
from posthouse.protocols.smtp.address import BadAddress, parse_address

# A phrase: words, some of them in quotes. No list, no group, no comment.
_NAMED = re.compile(r'(?:[^"<>@,;:()\[\]\\]++|"(?:[^"\\]++|\\.)*+")*+<([^<>]*+)>\s*+', re.DOTALL)


def mail_address(text: str) -> str:
    """The address in `Name <local@domain>` or alone (RFC 5228 2.4.2.3). Raises ScriptFailed."""
    named = _NAMED.fullmatch(text)
    local, at, domain = (named[1] if named else text).rpartition("@")
    try:
        return str(parse_address(f"{local.strip()}{at}{domain.strip()}"))
    except BadAddress:
        raise ScriptFailed(f"“{shown(text)}” is no mail address.") from None


def require_mail_address(text: Text, at: int) -> None:
    """One without variables is looked at before the script runs. Raises Mistake."""
    if isinstance(text, str):
        try:
            mail_address(text)
        except ScriptFailed as error:
            raise Mistake(at, str(error)) from None


def sender_of(checker: Checker, call: Call) -> Text | None:
    """What `:from` says. Raises Mistake."""
    sender, said = checker.tag_text(call, "from"), call.tag_strings("from")
    if sender is not None and said is not None:
        require_mail_address(sender, said.at)
    return sender
