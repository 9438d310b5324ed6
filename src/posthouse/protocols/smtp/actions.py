"""What the server's side of the conversation asks its driver to do, one type each.

`Reply` is written and `Close` ends; every other action is a question: the dialogue stands still
until it is answered.
"""

from dataclasses import dataclass

from posthouse.protocols.sasl.server import AskKeys, AskPassword, AskToken, Proof
from posthouse.protocols.smtp.address import Address
from posthouse.protocols.smtp.command import MailArguments
from posthouse.protocols.smtp.dsn import DsnRequest, RecipientRequest
from posthouse.protocols.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Close:
    """Write what is still to be written, then close the connection."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds, then call `resume()`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StartTls:
    """The 220 is said: shake hands, then call `tls_started()`. Anything read before is dropped."""


@dataclass(frozen=True, slots=True)
class CheckSender:
    """MAIL FROM. `answer()` with a positive reply to go on."""

    arguments: MailArguments


@dataclass(frozen=True, slots=True)
class CheckRecipient:
    """RCPT TO. `answer()` with a positive reply to take the recipient."""

    address: Address
    request: RecipientRequest | None = None


@dataclass(frozen=True, slots=True)
class Authenticate:
    """A question of SASL: `authenticated()`, `supply_keys()`, or `answer()` to refuse."""

    question: AskPassword | AskKeys | AskToken | Proof


@dataclass(frozen=True, slots=True)
class MessageComplete:
    """A whole message came. `answer()` with what became of it, after it is on disk.

    `dsn` is None when nothing was said of reports.
    """

    arguments: MailArguments
    recipients: tuple[Address, ...]
    content: bytes
    dsn: DsnRequest | None = None


Question = Pause | StartTls | CheckSender | CheckRecipient | Authenticate | MessageComplete
Action = Reply | Close | Question
