"""Amazon SES API v2, operation SendEmail with a raw message, and what its answers say as SMTP.

The action stays as the API reference has it: POST /v2/email/outbound-emails, JSON both ways.
"""

import base64
import json
import re
from dataclasses import dataclass

from posthouse.protocols.aws.signing import Request
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.reply import Reply

PATH = "/v2/email/outbound-emails"
# API reference, RawMessage: "up to 40 MB per message", after encoding.
LARGEST = 40 * 1024 * 1024
_LONGEST = 500
_NAME = re.compile(r"[A-Za-z]{1,80}")

# Exception → code, enhanced code, what it means to us. All others go by the status of HTTP.
_KNOWN = {
    "MessageRejected": (554, "5.6.0", ""),
    "BadRequestException": (554, "5.5.4", ""),
    "MailFromDomainNotVerifiedException": (451, "4.7.1", "the MAIL FROM domain is not verified"),
    "NotFoundException": (451, "4.3.5", "the account lacks something"),
    "AccountSuspendedException": (454, "4.7.0", "the account may not send any more"),
    "SendingPausedException": (454, "4.7.0", "the account's sending is paused"),
    "LimitExceededException": (451, "4.7.1", "rate limited"),
    "TooManyRequestsException": (451, "4.7.1", "rate limited"),
    "ThrottlingException": (451, "4.7.1", "rate limited"),
}
_OF_ACCOUNT = frozenset({401, 403})
# Said with 400 like a wrong message, and yet about the account: the sender is not verified there.
_UNVERIFIED = re.compile(r"not verified|not authorized|sandbox", re.IGNORECASE)


class Unfit(ValueError):
    """The message cannot go this way; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`of_account`: it is about us and not about the message."""

    reply: Reply
    of_account: bool = False


def send_email(host: str, content: bytes, recipient: Address, return_path: str) -> Request:
    """The request for one recipient. Raises Unfit.

    Bounces go to `return_path`, save for mail that has the null one: SES has no such thing.
    """
    if recipient.needs_smtputf8:
        raise Unfit(Reply(553, "Amazon SES takes addresses in ASCII only", "5.6.7"))
    encoded = base64.b64encode(content).decode()
    if len(encoded) > LARGEST:
        raise Unfit(Reply(552, "Amazon SES takes no message as large as this", "5.3.4"))
    said: dict[str, object] = {
        "Content": {"Raw": {"Data": encoded}},
        "Destination": {"ToAddresses": [recipient.wire(smtputf8=False)]},
    }
    if return_path:
        said["FeedbackForwardingEmailAddress"] = return_path
    return Request(
        method="POST",
        host=host,
        path=PATH,
        headers=(("content-type", "application/json"),),
        body=json.dumps(said).encode(),
    )


def read_answer(status: int, error_type: str, body: bytes) -> Answer:
    """What was said, as a reply of SMTP. `error_type` is the header x-amzn-errortype."""
    said = _json(body)
    if status == 200:
        return Answer(reply=Reply(250, f"Taken as {_line(said.get('MessageId', ''))}", "2.0.0"))
    # "Name:http://internal…" and "com.amazonaws#Name" are both seen.
    found = _NAME.match(error_type.partition(":")[0].rpartition("#")[2])
    name = found[0] if found else f"HTTP {status}"
    message = _line(said.get("message") or said.get("Message") or "")
    if name in _KNOWN and not (status == 400 and _UNVERIFIED.search(message)):
        code, enhanced, meaning = _KNOWN[name]
        text = ": ".join(part for part in ("Amazon SES", name, meaning, message) if part)
        return Answer(
            reply=Reply(code, text, enhanced),
            of_account=code < 500 and meaning != "rate limited",
        )
    text = ": ".join(part for part in ("Amazon SES", name, message) if part)
    if status in _OF_ACCOUNT or _UNVERIFIED.search(message):
        return Answer(reply=Reply(454, text, "4.7.0"), of_account=True)
    if status == 400 or status == 404:
        return Answer(reply=Reply(451, text, "4.3.5"), of_account=True)
    return Answer(reply=Reply(451, text, "4.3.0"))


def _json(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _line(said: object) -> str:
    return " ".join(str(said).split())[:_LONGEST]
