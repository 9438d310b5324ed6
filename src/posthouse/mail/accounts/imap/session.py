"""A signed-in connection with one open folder: what reading, writing and waiting stand on."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from posthouse.mail.accounts.errors import Broken, Refused
from posthouse.mail.accounts.imap import gmail
from posthouse.mail.accounts.imap.pending import Pending, item_flags, merged
from posthouse.mail.accounts.imap.signing_in import SignedIn
from posthouse.mail.accounts.model import FolderState, ItemFlags, Opened, RemoteFolder
from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client import responses as r
from posthouse.protocols.imap.client.fetched import MAX_MODSEQ, flags_of
from posthouse.protocols.imap.client.reading import count_of
from posthouse.protocols.imap.flags import Flags

Take = Callable[[r.Response], bool]
# Longer than this what we know is told to the server as one range.
_MOST_KNOWN = 600


class Session:
    """`open` selects; everything that is not an answer goes into `pending`."""

    def __init__(self, signed_in: SignedIn) -> None:
        self._in = signed_in
        self._connection = signed_in.connection
        self._quirks = signed_in.quirks
        self._qresync = signed_in.qresync
        self._pending = Pending()
        self._connection.unasked = self._pending.note
        self._open: RemoteFolder | None = None
        self._writable = False
        self._folders: list[RemoteFolder] = []
        self._prefix = signed_in.prefix
        self._others: frozenset[bytes] | None = None  # Gmail's All Mail without their mail
        self._searches = signed_in.quirks.searches
        self._permanent: Flags | None = None  # keywords the folder keeps; None for any

    @property
    def _is_gmail(self) -> bool:
        return self._connection.can(gmail.EXTENSION)

    async def ask(self, *commands: c.Command, take: Take = lambda _: False) -> list[r.Condition]:
        """Their OKs. `take` says which responses are answers. Raises Refused when all are done."""
        done = []
        said = self._connection.stream(*commands)
        async with contextlib.aclosing(said):
            async for response in said:
                if isinstance(response, r.Condition) and response.tag != r.UNTAGGED:
                    done.append(response)
                elif not take(response):
                    self._pending.note(response)
        return done

    async def open(
        self, folder: RemoteFolder, known: FolderState | None, *, write: bool = False
    ) -> Opened:
        """SELECT or EXAMINE, with what QRESYNC tells."""
        verb = "SELECT" if write else "EXAMINE"
        name = c.string(folder.wire)
        self._open = None
        self._others = (
            gmail.labels_of_others(folder.wire, self._folders) if self._is_gmail else None
        )
        if self._qresync and known is not None and known.uid_validity and known.highest_modseq:
            try:
                return await self._select(
                    folder, c.command(verb, name, _what_is_known(known)), known
                )
            except Refused:
                opened = await self._select(folder, c.command(verb, name), None)
                self._qresync = False  # so it was this, and not the folder
                return opened
        condstore = (b"(CONDSTORE)",) if self._in.condstore and not self._in.qresync else ()
        return await self._select(folder, c.command(verb, name, *condstore), None)

    async def _select(
        self, folder: RemoteFolder, command: c.Command, known: FolderState | None
    ) -> Opened:
        answers = _Selecting()
        (done,) = await self.ask(command, take=answers.take)
        if answers.exists is None:
            # An empty folder and an unknown one are not the same: ours would be emptied.
            raise Broken("The server does not say how many messages there are.")
        self._open = folder
        self._writable = command.name == "SELECT" and done.code != "READ-ONLY"
        self._permanent = answers.permanent
        self._pending.begin(answers.exists)
        # That a label came or went is no expunge: where they count, everything is compared.
        modseq = answers.modseq if self._in.condstore and self._others is None else 0
        resynced = known is not None and bool(modseq) and answers.validity == known.uid_validity
        return Opened(
            uid_validity=answers.validity,
            uid_next=answers.uid_next,
            exists=answers.exists,
            highest_modseq=modseq,
            resynced=resynced,
            vanished=merged(answers.vanished) if resynced else (),
            changed=tuple(answers.changed.values()) if resynced else (),
            writable=self._writable,
        )

    def keywords_kept(self, keywords: Iterable[str]) -> list[str]:
        """Those the open folder stores (RFC 3501 7.1, PERMANENTFLAGS)."""
        if self._permanent is None:
            return list(keywords)
        kept = {each.lower() for each in self._permanent.keywords}
        return [each for each in keywords if each.lower() in kept]


@dataclass(slots=True)
class _Selecting:
    """What is said while a folder is opened."""

    exists: int | None = None
    validity: int = 0
    uid_next: int = 0
    modseq: int = 0
    permanent: Flags | None = None
    vanished: list[tuple[int, int]] = field(default_factory=list)
    changed: dict[int, ItemFlags] = field(default_factory=dict)

    def take(self, response: r.Response) -> bool:
        if isinstance(response, r.Exists):
            self.exists = response.count
        elif isinstance(response, r.Vanished):
            self.vanished += response.uids
        elif isinstance(response, r.Fetched):
            if response.uid:
                self.changed[response.uid] = item_flags(response)
        elif isinstance(response, r.Condition):
            self._take_code(response.code, response.argument)
        elif isinstance(response, r.Unread):
            return False
        return True

    def _take_code(self, code: str, argument: bytes) -> None:
        if code == "UIDVALIDITY":
            self.validity = count_of(argument)
        elif code == "UIDNEXT":
            self.uid_next = count_of(argument)
        elif code == "HIGHESTMODSEQ":
            self.modseq = count_of(argument, MAX_MODSEQ)
        elif code == "PERMANENTFLAGS" and b"\\*" not in argument:
            self.permanent = flags_of(argument.strip(b"() ").split())
        elif code == "CLOSED":  # RFC 7162 3.2.11: until here it was about the last folder
            self.vanished.clear()
            self.changed.clear()


def _what_is_known(known: FolderState) -> bytes:
    """RFC 7162 3.2.5; our UIDs coarsely, if at all."""
    parts = b"%d %d" % (known.uid_validity, known.highest_modseq)
    if known.known:
        sets = list(c.uid_sets(known.known))
        if len(sets) > 1 or len(sets[0]) > _MOST_KNOWN:
            sets = [c.uid_range(known.known[0][0], known.known[-1][1])]
        parts += b" " + sets[0]
    return b"(QRESYNC (" + parts + b"))"
