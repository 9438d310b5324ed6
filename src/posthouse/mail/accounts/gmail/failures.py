"""What Google's errors mean for an account.

developers.google.com/workspace/gmail/api/guides/handle-errors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from posthouse.foundation import clock
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
)

# Reasons of 403 that are about how much, not about whether.
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
_FOR_TODAY = frozenset({"dailyLimitExceeded"})
_NO_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_API_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_NO_GMAIL = frozenset({"failedPrecondition", "domainPolicy"})
_DAY_SECONDS = 3600.0
_LONGEST_PAUSE = 3600.0
# "User-rate limit exceeded.  Retry after 2026-11-23T19:00:00.000Z"
_RETRY_AFTER = re.compile(r"Retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
_CODES = {404: "NONEXISTENT", 409: "ALREADYEXISTS"}


class _Detail(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    errors: list[_Detail] = []
    details: list[_Detail] = []


class _Body(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that is no success."""

    status: int
    reasons: frozenset[str]
    message: str = field(repr=False)


def read_error(status: int, content: bytes) -> Said:
    """Whatever it is made of: a proxy on the way answers in HTML."""
    try:
        error = msgspec.json.decode(content, type=_Body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Said(status, frozenset(), "")
    reasons = frozenset(each.reason for each in (*error.errors, *error.details) if each.reason)
    return Said(status, reasons, " ".join(error.message.split()))


def failure(status: int, headers: Mapping[str, str], content: bytes) -> AccountError:
    """What it means. Throttled and Unreachable may be tried again."""
    said = read_error(status, content)
    words = said.message or f"HTTP {status}"
    if status == 401:
        return SignInRefused("Google does not let us in.", reason="consent", said=words)
    if status == 429 or (status == 403 and said.reasons & _TOO_FAST):
        seconds = _seconds(headers, said.message)
        return Throttled("Google wants us to come later.", seconds=seconds, said=words)
    if status == 403 and said.reasons & _FOR_TODAY:
        return Throttled("This house has asked Google enough.", seconds=_DAY_SECONDS, said=words)
    if status in (400, 403) and (fixed := _by_person(said, words)) is not None:
        return fixed
    if status >= 500:
        return Unreachable("Google does not answer at the moment.", said=words)
    if status >= 400:
        return Refused("Google refuses.", said=words, code=_CODES.get(status, ""))
    return Broken("Google answers with something else.", said=words)


def _by_person(said: Said, words: str) -> AccountError | None:
    if said.reasons & _NO_SCOPE:
        return SignInRefused(
            "Google was told to let us in, but not to the mail.", reason="consent", said=words
        )
    if said.reasons & _API_OFF:
        return Refused("The Gmail API is not switched on for this house.", said=words)
    if said.reasons & _NO_GMAIL and (said.status == 403 or "service" in said.message.lower()):
        # 400 failedPrecondition: "Mail service not enabled"
        return SignInRefused("Google has no mail for us there.", reason="switched_off", said=words)
    return None


def _seconds(headers: Mapping[str, str], message: str) -> float:
    """0 when the server does not say."""
    told = headers.get("retry-after", "")
    if told.isdigit() and len(told) < 6:
        return min(float(told), _LONGEST_PAUSE)
    if found := _RETRY_AFTER.search(message):
        try:
            until = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        except ValueError:
            return 0.0
        return min(max((until - clock.now()).total_seconds(), 0.0), _LONGEST_PAUSE)
    return 0.0
