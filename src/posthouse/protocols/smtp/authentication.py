"""AUTH inside SMTP: SASL exchanges carried as base64 lines (RFC 4954)."""

import base64
import binascii

from posthouse.protocols.sasl.bearer import Bearer
from posthouse.protocols.sasl.scram import ScramKeys
from posthouse.protocols.sasl.server import BadResponse, Challenge, Mechanism, Step, start_mechanism
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.actions import Authenticate
from posthouse.protocols.smtp.reply import Reply

_SCOPE = "mail:send"


class Authentication:
    """The AUTH exchanges of one session. Each call answers a reply (334: go on) or a question."""

    def __init__(self, failures_allowed: int) -> None:
        self._failures_left = failures_allowed
        self._mechanism: Mechanism | None = None
        self._refusal: Reply | None = None

    def start(self, argument: str) -> Reply | Authenticate:
        """`AUTH mechanism [initial-response]`; the response `=` is the empty one."""
        name, _, text = argument.partition(" ")
        mechanism = start_mechanism(name)
        if mechanism is None:
            return replies.UNKNOWN_MECHANISM
        self._mechanism, self._refusal = mechanism, None
        try:
            initial = None if not text else b"" if text == "=" else _decode(text.encode())
            return self._carry(mechanism.start(initial))
        except BadResponse:
            return replies.BAD_SASL

    def respond(self, line: bytes) -> Reply | Authenticate:
        """The client's line after 334."""
        if self._refusal is not None:
            return self._refusal
        if self._mechanism is None or line == b"*":
            return replies.AUTH_CANCELLED
        try:
            return self._carry(self._mechanism.step(_decode(line)))
        except BadResponse:
            return replies.BAD_SASL

    def supply_keys(self, keys: ScramKeys | None) -> Reply | Authenticate:
        """Go on with SCRAM after `AskKeys`."""
        if self._mechanism is None:
            return replies.AUTH_CANCELLED
        return self._carry(self._mechanism.keys(keys))

    def explain(self, refusal: Reply) -> Reply | None:
        """Of a token, what is wrong is said first, in JSON; the refusal answers the answer to that
        (RFC 7628 3.2.3). None for every other mechanism.
        """
        if not isinstance(self._mechanism, Bearer) or self._refusal is not None:
            return None
        self._refusal = refusal
        return Reply(334, base64.b64encode(self._mechanism.refused(_SCOPE).data).decode())

    def failed(self) -> bool:
        """Count a refusal; True when it was one too many."""
        self._mechanism = self._refusal = None
        self._failures_left -= 1
        return self._failures_left <= 0

    def _carry(self, step: Step) -> Reply | Authenticate:
        if isinstance(step, Challenge):
            return Reply(334, base64.b64encode(step.data).decode())
        return Authenticate(step)


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadResponse("not base64") from error
