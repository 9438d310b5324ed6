"""One mail transaction: MAIL, RCPT, DATA or BDAT, and what each of them is refused for."""

from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.actions import CheckRecipient, CheckSender, MessageComplete
from posthouse.protocols.smtp.address import Address, BadAddress
from posthouse.protocols.smtp.chunks import ChunkReader, parse_bdat
from posthouse.protocols.smtp.command import (
    BadArgument,
    MailArguments,
    UnknownParameter,
    parse_mail,
    parse_rcpt,
)
from posthouse.protocols.smtp.content import Content
from posthouse.protocols.smtp.dsn import DsnRequest, RecipientRequest
from posthouse.protocols.smtp.profile import Profile
from posthouse.protocols.smtp.reply import Reply


class Transaction:
    """From MAIL to the end of data; `reset()` makes it ready for the next."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._mail: MailArguments | None = None
        self._recipients: list[Address] = []
        self._requests: dict[Address, RecipientRequest] = {}
        self._chunks: ChunkReader | None = None
        self._refusal: Reply | None = None  # of chunks, as long as more of them come
        self._last = False

    @property
    def open(self) -> bool:
        """True after an accepted MAIL."""
        return self._mail is not None

    def reset(self) -> None:
        """RSET, EHLO, STARTTLS and the end of data (RFC 5321 4.1.1.5)."""
        self._mail = None
        self._recipients = []
        self._requests = {}
        self._chunks = self._refusal = None

    def begin(self, argument: str, *, extended: bool) -> Reply | CheckSender:
        """MAIL."""
        if self._mail is not None:
            return replies.MAIL_TWICE
        try:
            arguments = parse_mail(argument, extended=extended)
        except BadAddress as error:
            return replies.bad_sender(error)
        except BadArgument as error:
            return replies.bad_argument(error)
        except UnknownParameter as error:
            return replies.unknown_parameter(error)
        if arguments.submitter is not None and not self._profile.submission:
            return replies.unknown_parameter("AUTH")
        if arguments.size > self._profile.limits.message_size:
            return replies.TOO_LARGE
        if arguments.sender and not arguments.smtputf8 and not str(arguments.sender).isascii():
            return replies.SENDER_NEEDS_SMTPUTF8
        return CheckSender(arguments)

    def sender_checked(self, arguments: MailArguments) -> None:
        """The sender was accepted."""
        self._mail = arguments

    def add_recipient(self, argument: str, *, extended: bool) -> Reply | CheckRecipient:
        """RCPT."""
        if self._mail is None:
            return replies.MAIL_FIRST
        if self._chunks is not None:
            return replies.CHUNKS_BEGAN
        if len(self._recipients) >= self._profile.limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        try:
            arguments = parse_rcpt(argument, extended=extended)
        except BadAddress as error:
            return replies.bad_recipient(error)
        except BadArgument as error:
            return replies.bad_argument(error)
        except UnknownParameter as error:
            return replies.unknown_parameter(error)
        if not self._mail.smtputf8 and not str(arguments.address).isascii():
            return replies.RECIPIENT_NEEDS_SMTPUTF8
        return CheckRecipient(arguments.address, arguments.request)

    def recipient_checked(self, recipient: CheckRecipient) -> None:
        """The recipient was accepted; one named twice gets one copy, as it was named first.

        With LMTP it gets two replies all the same (RFC 2033 4.2).
        """
        if recipient.address in self._recipients and not self._profile.lmtp:
            return
        self._recipients.append(recipient.address)
        if recipient.request is not None:
            self._requests.setdefault(recipient.address, recipient.request)

    @property
    def replies_due(self) -> int:
        """How many the end of the message is answered with."""
        return len(self._recipients) if self._profile.lmtp else 1

    def begin_data(self, argument: str) -> Reply:
        """DATA: 354 or a refusal."""
        if argument:
            return replies.NO_ARGUMENT
        if self._mail is None:
            return replies.MAIL_FIRST
        if self._chunks is not None:
            return replies.CHUNKS_BEGAN  # RFC 3030 2: DATA and BDAT are not for one message
        return replies.GO_AHEAD if self._recipients else self._no_recipients

    @property
    def _no_recipients(self) -> Reply:
        return replies.NO_RECIPIENTS_LMTP if self._profile.lmtp else replies.NO_RECIPIENTS

    def begin_chunk(self, argument: str, *, extended: bool) -> ChunkReader:
        """BDAT: who reads the octets that follow. Raises `BadChunk`."""
        size, self._last = parse_bdat(argument)
        if self._chunks is None:
            limit = self._profile.limits.message_size
            self._chunks = ChunkReader(limit, normalise=self._profile.submission)
            self._refusal = self._refuse_chunks(extended)
        self._chunks.begin(size, forget=self._refusal is not None)
        return self._chunks

    @property
    def between_chunks(self) -> bool:
        """True while another BDAT has to follow."""
        return self.open and not self._last

    def end_chunk(self, chunks: ChunkReader) -> Reply | MessageComplete:
        """A chunk is whole. What was refused stays so until the end (RFC 3030 4.2)."""
        if self._refusal is None and chunks.too_large:
            self._refusal = replies.TOO_LARGE
        if self._refusal is not None:
            return self._refusal
        if not self._last:
            return replies.octets_received(chunks.announced)
        chunks.end()
        return self.complete(chunks)

    def _refuse_chunks(self, extended: bool) -> Reply | None:
        if not extended:
            return replies.HELLO_FIRST
        if self._mail is None:
            return replies.MAIL_FIRST
        return None if self._recipients else self._no_recipients

    def complete(self, data: Content) -> Reply | MessageComplete:
        """The message is whole: refuse what no one may see, or hand it over."""
        assert self._mail is not None
        refusal = self._refuse(data)
        if refusal is not None:
            return refusal
        content = data.content()
        if count_hops(content) > self._profile.limits.hops:
            return replies.TOO_MANY_HOPS
        return MessageComplete(self._mail, tuple(self._recipients), content, self._dsn())

    def _dsn(self) -> DsnRequest | None:
        assert self._mail is not None
        if not (self._mail.ret or self._mail.envid or self._requests):
            return None
        return DsnRequest(ret=self._mail.ret, envid=self._mail.envid, recipients=self._requests)

    def _refuse(self, data: Content) -> Reply | None:
        if data.too_large:
            return replies.TOO_LARGE
        if data.nul:
            return replies.NUL
        if self._profile.submission:
            return None  # bare CR and LF were made CRLF
        if data.bare_lf:
            return replies.BARE_LF
        return replies.BARE_CR if data.bare_cr else None


def count_hops(content: bytes) -> int:
    """How many Received headers the message has."""
    if content.startswith(b"\r\n"):
        return 0
    end = content.find(b"\r\n\r\n")
    head = content if end < 0 else content[:end]
    return (b"\r\n" + head.lower()).count(b"\r\nreceived:")
