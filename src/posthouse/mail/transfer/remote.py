"""Another server's mailbox over IMAP (RFC 3501). Nothing there is altered; no two calls at a time.

Everything here blocks: it runs in a thread.
"""

import imaplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from posthouse.foundation.errors import Busy, Denied, Invalid
from posthouse.foundation.sources import is_loopback
from posthouse.mail.transfer import remote_answers
from posthouse.mail.transfer.folder_names import is_view, our_folder
from posthouse.mail.transfer.remote_answers import Answer, ListedMessage
from posthouse.protocols.imap import utf7

_T = TypeVar("_T")
_PORTS = {"imaps": 993, "imap": 143}
_PATIENCE = 120.0  # seconds for one answer of a slow server
_TRIES = 3
_LARGEST = 1 << 30  # no server makes us take more at once


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAccount:
    """Where to read. `imaps` has TLS from the start, `imap` by STARTTLS; to this machine it may do
    without. `trust` is a PEM file with the certificate of the server, or of who signed it.
    """

    host: str
    port: int
    name: str
    password: str = field(repr=False)
    implicit_tls: bool = True
    trust: Path | None = None

    @classmethod
    def of_url(cls, url: str, password: str, trust: Path | None = None) -> "RemoteAccount":
        """`imaps://NAME@HOST[:PORT]`; an @ in the name may stay. Raises Invalid."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise Invalid("The port is no number.") from None
        if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
            raise Invalid("Write imaps://NAME@HOST, with the name that signs in there.")
        if parts.password is not None:
            raise Invalid("No password in the address: others could read it. --password-stdin.")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            name=unquote(parts.username),
            password=password,
            implicit_tls=parts.scheme == "imaps",
            trust=trust,
        )


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder there: how it is spelled, how a person reads it, what it is here."""

    wire: bytes
    name: str
    ours: str
    is_view: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder's numbering and what it holds."""

    validity: int
    messages: Sequence[ListedMessage]


class RemoteMailbox:
    """A connection, made anew when it is lost."""

    def __init__(self, account: RemoteAccount) -> None:
        """Raises Denied, Busy, Invalid when nobody can be reached or signed in there."""
        self._account = account
        self._open: tuple[bytes, int] | None = None
        self._client = self._first_connection()

    def folders(self) -> list[RemoteFolder]:
        """All that can be opened, in the server's order."""
        answers = self._again(self._list)
        listed = filter(None, map(remote_answers.read_folder, answers))
        return [_folder(each) for each in listed if each.attributes.isdisjoint(_CANNOT_BE_OPENED)]

    def open(self, folder: RemoteFolder) -> Opened:
        """Read-only. Raises Denied when the server does not open it."""
        return self._again(lambda: self._examine(folder.wire))

    def bodies(self, folder: RemoteFolder, validity: int, uids: Sequence[int]) -> dict[int, bytes]:
        """UID → the message; without those that are gone. Raises Denied, Busy."""
        return self._again(lambda: self._fetch(folder.wire, validity, uids))

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        try:
            self._client.logout()
        except (imaplib.IMAP4.error, OSError):
            self._client.shutdown()

    # -- one attempt each

    def _list(self) -> list[Answer]:
        extended = {"LIST-EXTENDED", "SPECIAL-USE"} <= set(self._client.capabilities)
        pattern = '"*" RETURN (SPECIAL-USE)' if extended else '"*"'
        return [each for each in self._ok(self._client.list('""', pattern)) if each]

    def _examine(self, wire: bytes) -> Opened:
        (count,) = self._ok(self._client.select(_as_text(wire), readonly=True))[:1]
        validity = self._validity()
        self._open = (wire, validity)
        if not count or not int(count):
            return Opened(validity, [])
        wanted = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
        answers = self._ok(self._client.uid("FETCH", "1:*", wanted))
        found = {each.uid: each for each in remote_answers.read_messages(answers)}
        return Opened(validity, [found[uid] for uid in sorted(found)])

    def _fetch(self, wire: bytes, validity: int, uids: Sequence[int]) -> dict[int, bytes]:
        if self._open != (wire, validity):
            self._ok(self._client.select(_as_text(wire), readonly=True))
            if self._validity() != validity:
                raise Busy("The other server has numbered a folder anew: run the import again.")
            self._open = (wire, validity)
        listed = ",".join(map(str, uids))
        return remote_answers.read_bodies(
            self._ok(self._client.uid("FETCH", listed, "(UID BODY.PEEK[])"))
        )

    def _validity(self) -> int:
        (said,) = self._client.response("UIDVALIDITY")[1][:1]
        return int(said) if said else 0

    def _ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        """RFC 3501 7.1: OK, or the server's own words."""
        condition, data = answer
        if condition != "OK":
            words = data[0].decode("utf-8", "replace") if data and data[0] else condition
            raise Denied(f"The other server says: {words}")
        return data

    # -- connections

    def _again(self, work: Callable[[], _T]) -> _T:
        """Once more over a new connection, when one is lost."""
        for tried in range(1, _TRIES + 1):
            try:
                return work()
            except (imaplib.IMAP4.abort, OSError) as error:
                if tried == _TRIES:
                    raise Busy(
                        f"The connection to {self._account.host} was lost. Run the import again: it"
                        " goes on where it was."
                    ) from error
                self._client.shutdown()
                self._client = self._first_connection()
            except imaplib.IMAP4.error as error:
                raise Denied(f"The other server says: {error}") from error
        raise AssertionError("the last try returns or raises")

    def _first_connection(self) -> imaplib.IMAP4:
        self._open = None
        account = self._account
        try:
            client = _connect(account)
        except ssl.SSLError as error:
            raise Denied(
                f"{account.host} shows no certificate that can be trusted ({error.reason}). If this"
                " is the right server, give its certificate with --trust."
            ) from error
        except (OSError, imaplib.IMAP4.error) as error:
            raise Busy(f"{account.host} cannot be reached: {error}") from error
        try:
            _sign_in(client, account)
        except imaplib.IMAP4.abort as error:
            raise Busy(f"{account.host} hung up while we signed in.") from error
        except imaplib.IMAP4.error as error:
            client.shutdown()
            raise Denied(f"{account.host} does not let {account.name} in: {error}") from error
        return client


class _Bounded(imaplib.IMAP4):
    """A client that takes no literal of any size."""

    def read(self, size: int) -> bytes:
        if size > _LARGEST:
            raise self.abort("a literal that is too large")
        return super().read(size)


class _BoundedSsl(imaplib.IMAP4_SSL, _Bounded):
    """The same with TLS from the start."""


_CANNOT_BE_OPENED = frozenset({"\\noselect", "\\nonexistent"})


def _connect(account: RemoteAccount) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=account.trust)
    if account.implicit_tls:
        return _BoundedSsl(account.host, account.port, ssl_context=context, timeout=_PATIENCE)
    client = _Bounded(account.host, account.port, timeout=_PATIENCE)
    if "STARTTLS" in client.capabilities:
        client.starttls(context)
    elif not is_loopback(client.sock.getpeername()[0]):
        client.shutdown()
        raise Denied(f"{account.host} offers no TLS: the password would travel in the clear.")
    return client


def _sign_in(client: imaplib.IMAP4, account: RemoteAccount) -> None:
    if "AUTH=PLAIN" in client.capabilities:
        # RFC 4616; unlike LOGIN it takes every letter.
        said = f"\0{account.name}\0{account.password}".encode()
        client.authenticate("PLAIN", lambda _challenge: said)
    else:
        client.login(account.name, account.password)
    _, (said_again, *_) = client.capability()
    client.capabilities = tuple((said_again or b"").decode("ascii", "replace").upper().split())
    if "ID" in client.capabilities:
        # RFC 2971. NetEase opens no folder for who does not introduce himself.
        client.xatom("ID", '("name" "Posthouse")')


def _folder(listed: remote_answers.ListedFolder) -> RemoteFolder:
    try:
        name = utf7.decode(listed.wire)
    except ValueError:
        name = listed.wire.decode("utf-8", "replace")
    levels = name.split(listed.separator) if listed.separator else [name]
    return RemoteFolder(
        wire=listed.wire,
        name=name,
        ours=our_folder(levels, listed.attributes),
        is_view=is_view(listed.attributes),
    )


def _as_text(wire: bytes) -> Any:
    # imaplib sends octets as they are; its types know of text only.
    return remote_answers.quoted(wire)
