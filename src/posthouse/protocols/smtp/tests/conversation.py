"""Plays a written conversation (C:, S:) against the server's side, for a small town."""

from dataclasses import dataclass, field

from posthouse.protocols.sasl.scram import ScramKeys, derive_keys
from posthouse.protocols.sasl.server import AskKeys, AskPassword, AskToken, Proof
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.actions import (
    Action,
    Authenticate,
    CheckRecipient,
    CheckSender,
    Close,
    MessageComplete,
    Pause,
    StartTls,
)
from posthouse.protocols.smtp.dialogue import Dialogue
from posthouse.protocols.smtp.profile import Limits, Profile, Purpose
from posthouse.protocols.smtp.reply import Reply

TOWN = frozenset({"anna@example.org", "bert@example.org", "postmaster", "李雷@example.org"})
PASSWORDS = {"anna@example.org": "correct horse"}
TOKEN = "posthouse_abc-DEF_123"
SCRAM_KEYS = derive_keys("correct horse", salt=b"0123456789abcdef", iterations=4096)
FILED, FULL = Reply(250, "Filed", "2.0.0"), Reply(452, "Mailbox full", "4.2.2")


@dataclass
class Driver:
    """Answers the dialogue's questions at once, as a server would later."""

    dialogue: Dialogue
    messages: list[MessageComplete] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    closed: bool = False
    handshakes: int = 0
    injected: bytes = b""

    def open(self) -> bytes:
        return self._carry_out(self.dialogue.open())

    def say(self, data: bytes) -> bytes:
        """Bytes of the client; answers the bytes of the server."""
        return self._carry_out(self.dialogue.receive(data))

    def _carry_out(self, actions: list[Action]) -> bytes:
        said = b""
        todo = list(actions)
        while todo:
            action = todo.pop(0)
            if isinstance(action, Reply):
                said += action.encode()
            elif isinstance(action, Close):
                self.closed = True
            else:
                assert not todo, "a question is the last action"
                todo += self._answer(action)
        return said

    def _answer(self, action: Action) -> list[Action]:
        match action:
            case CheckSender():
                return self.dialogue.answer(replies.SENDER_OK)
            case CheckRecipient(address):
                known = str(address).lower() in TOWN
                unknown = Reply(550, "No such mailbox", "5.1.1")
                return self.dialogue.answer(replies.RECIPIENT_OK if known else unknown)
            case MessageComplete():
                self.messages.append(action)
                if self.dialogue.profile.lmtp:
                    return self.dialogue.answer_each(
                        [FULL if a.local == "bert" else FILED for a in action.recipients]
                    )
                return self.dialogue.answer(Reply(250, "Filed", "2.0.0"))
            case Pause(seconds):
                self.pauses.append(seconds)
                return self.dialogue.resume()
            case StartTls():
                self.handshakes += 1
                assert self.dialogue.receive(self.injected) == []
                return self.dialogue.tls_started()
            case Authenticate(question):
                return self._authenticate(question)
            case _:
                raise AssertionError(action)

    def _authenticate(self, question: AskPassword | AskKeys | AskToken | Proof) -> list[Action]:
        if isinstance(question, AskKeys):
            return self.dialogue.supply_keys(self._keys(question.identity))
        if isinstance(question, AskToken):
            good = question.token == TOKEN
        elif isinstance(question, AskPassword):
            good = PASSWORDS.get(question.identity) == question.password
        else:
            good = question.proved
        if good:
            return self.dialogue.authenticated(question.identity)
        return self.dialogue.answer(replies.AUTH_REFUSED)

    def _keys(self, identity: str) -> ScramKeys | None:
        return SCRAM_KEYS if identity in PASSWORDS else None


def mx(**limits: float) -> Driver:
    """A driver at port 25."""
    profile = Profile(hostname="mx.example.org", starttls=True, limits=Limits(**limits))  # type: ignore[arg-type]
    return Driver(Dialogue(profile))


def lmtp(**limits: float) -> Driver:
    """A driver for a server in front. Nobody can store mail for Bert."""
    profile = Profile(hostname="mx.example.org", purpose=Purpose.LMTP, limits=Limits(**limits))  # type: ignore[arg-type]
    return Driver(Dialogue(profile))


def submission(*, secure: bool = True, plaintext: bool = False, **limits: float) -> Driver:
    """A driver at port 587 or 465."""
    profile = Profile(
        hostname="mx.example.org",
        purpose=Purpose.SUBMISSION,
        starttls=True,
        plaintext_auth=plaintext,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )
    return Driver(Dialogue(profile, secure=secure))


def converse(driver: Driver, script: str, *, greeted: bool = False) -> Driver:
    r"""Play `C:` lines (CRLF is added; `\x` escapes are read) and compare with the `S:` lines.

    An `S:` line may be the beginning of what is said. `S: (nothing)` expects silence; `closed` at
    the end of a script is the connection's end.
    """
    said = "" if greeted else driver.open().decode()
    for line in filter(None, map(str.strip, script.splitlines())):
        who, _, text = line.partition(" ")
        if who == "C:":
            assert said == "", f"unexpected before {line!r}: {said!r}"
            raw = text.encode().decode("unicode_escape").encode("latin-1")
            said = driver.say(raw + b"\r\n").decode()
        elif who == "S:" and text == "(nothing)":
            assert said == "", said
        elif who == "S:":
            heard, _, said = said.partition("\r\n")
            assert heard.startswith(text), f"wanted {text!r}, heard {heard!r}"
        else:
            assert line == "closed", line
            assert driver.closed
    assert said == "", f"unexpected at the end: {said!r}"
    return driver
