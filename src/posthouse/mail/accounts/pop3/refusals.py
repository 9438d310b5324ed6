"""What a refusal means: a person has to act, the server wants to be left alone, or neither."""

import re

from posthouse.mail.accounts.errors import (
    AccountError,
    Refused,
    SignInReason,
    SignInRefused,
    Throttled,
    Unreachable,
)
from posthouse.protocols.pop3.client.opening import OpeningFailed, Stage
from posthouse.protocols.pop3.client.replies import Status

_IN_USE_SECONDS = 120.0  # as long as servers keep the lock of a session that was cut off
_BUSY_SECONDS = 300.0
# RFC 2449 8.1.1, RFC 3206. Whatever is behind LOGIN-DELAY, it is about time.
_PAUSES = {
    "IN-USE": _IN_USE_SECONDS,
    "LOGIN-DELAY": _BUSY_SECONDS,
    "SYS/TEMP": _BUSY_SECONDS,
}
# Servers without codes have words: NetEase's are ERR.LOGIN.*, Tencent writes whole sentences.
_LATER = re.compile(
    r"\block(?:ed)?\b.*(?:session|mailbox|maildrop|another|process)|in use|already|busy"
    r"|try (?:again )?later|try again|temporar|too (?:many|frequent|often)|frequency|LOGINTOOOFTEN"
    r"|LOGIN\.?DELAY|频繁|稍后|过多|正在使用",
    re.IGNORECASE,
)
_REASONS: tuple[tuple[SignInReason, re.Pattern[str]], ...] = (
    (
        "code",
        re.compile(
            r"authori[sz]ation code|REQCODE|app(?:lication)?[- ]?(?:specific )?password|授权码"
            r"|专用密码|客户端密码",
            re.IGNORECASE,
        ),
    ),
    (
        "switched_off",
        re.compile(
            r"not (?:be )?(?:enabled|open|activated|permitted|allowed)|disabled|is closed"
            r"|turn(?:ed)? on|service is (?:off|not)|\bPERMDENY|SYS/PERM"
            r"|未开启|未开通|已关闭|开启.{0,6}POP",
            re.IGNORECASE,
        ),
    ),
    (
        "consent",
        re.compile(r"web (?:login|browser)|log ?in via|verify your account", re.IGNORECASE),
    ),
)
_WORDS: dict[SignInReason, str] = {
    "wrong": "The server refuses the name or the password.",
    "code": "The server wants an authorization code in place of the password.",
    "switched_off": "POP3 must be switched on at the provider first.",
    "consent": "The provider wants somebody to sign in there in a browser first.",
}


def opening_error(host: str, failed: OpeningFailed, *, by_token: bool = False) -> AccountError:
    """Why there is no session; a token that is refused wants its member's consent anew."""
    status = failed.status
    said = "" if failed.said_by_us else _said(status)
    if failed.said_by_us:
        return Unreachable(f"{host}: {status.text}.")
    if (pause := _pause(status)) is not None:
        return Throttled(f"{host} wants us to come later.", seconds=pause, said=said)
    if failed.stage is not Stage.SIGN_IN:
        return Unreachable(f"{host} lets nobody in.", said=said)
    reason = "consent" if by_token else reason_of(said)
    return SignInRefused(_WORDS[reason], reason=reason, said=said)


def refusal(host: str, status: Status) -> AccountError:
    """Of one command in a session."""
    return Refused(f"{host} refuses.", said=_said(status))


def reason_of(said: str) -> SignInReason:
    """What the words of a server that lets nobody in mean."""
    return next((reason for reason, words in _REASONS if words.search(said)), "wrong")


def _pause(status: Status) -> float | None:
    if status.code == "AUTH":
        return None  # RFC 3206 4: the credentials, whatever the words are
    for code, seconds in _PAUSES.items():
        if status.code.startswith(code) or status.text.upper().startswith(f"[{code}"):
            return seconds
    return _BUSY_SECONDS if _LATER.search(status.text) else None


def _said(status: Status) -> str:
    return f"[{status.code}] {status.text}" if status.code else status.text
