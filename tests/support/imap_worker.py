"""Somebody who works in two folders over IMAP all day, and knows what must be in them.

What was answered with OK is so; what was cut off is so or is not, but never half: after each loss
the folders are looked through, and that the truth is one of what it may be is checked.
"""

import imaplib
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.running import RunningPosthouse

_NUMBER = re.compile(rb"Subject: work (\d+)")
_FETCHED = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")

State = frozenset[tuple[str, bool]]
"""In which of the folders a message is, and whether it is flagged there."""


class Untrue(AssertionError):
    """The server said one thing and did another."""


@dataclass
class ImapWorker:
    """`may_be`: for each message what may be true of it; one possibility when nothing is open."""

    house: RunningPosthouse
    name: str
    chance: random.Random
    may_be: dict[int, set[State]] = field(default_factory=dict)
    answered: int = 0
    lost: int = 0
    fault: BaseException | None = None
    _next: int = 0
    _client: imaplib.IMAP4 | None = None
    _validity: dict[str, bytes] = field(default_factory=dict)
    _uid_of: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def folders(self) -> tuple[str, str]:
        return f"{self.name}-a", f"{self.name}-b"

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; then everything is looked through once more."""
        try:
            while not stop.is_set():
                try:
                    self._work(stop)
                except (imaplib.IMAP4.error, OSError):
                    self._gone()
            self._to_the_end()
        except BaseException as error:
            self.fault = error

    def _to_the_end(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                client = self._sign_in()
                self._look(client)
                client.logout()
                return
            except (imaplib.IMAP4.error, OSError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _work(self, stop: threading.Event) -> None:
        client = self._sign_in()
        for folder in self.folders:
            client.create(folder)
        self._look(client)
        acts = [self._append] * 3 + [self._flag, self._move, self._copy, self._expunge, self._look]
        while not stop.is_set():
            self.chance.choice(acts)(client)
            time.sleep(self.chance.uniform(0, 0.02))

    def _sign_in(self) -> imaplib.IMAP4:
        self._client = None
        self._client = self.house.imap(timeout=20)
        return self._client

    def _gone(self) -> None:
        self.lost += 1
        if self._client is not None:
            self._client.shutdown()
            self._client = None
        time.sleep(0.05)

    # -- acts: first what may become of it, then the command, then what it has become

    def _append(self, client: imaplib.IMAP4) -> None:
        number, self._next = self._next, self._next + 1
        folder, flagged = self.folders[0], self.chance.random() < 0.3
        raw = f"Subject: work {number}\r\n\r\n{'x' * self.chance.choice([10, 30_000])}\r\n"
        flags = r"(\Flagged)" if flagged else "()"
        after = frozenset({(folder, flagged)})
        self.may_be[number] = {frozenset(), after}
        said, data = client.append(folder, flags, None, raw.encode())
        self._settle(said, data, {number: after})

    def _flag(self, client: imaplib.IMAP4) -> None:
        self._on_some(client, r"+FLAGS (\Flagged)", "STORE", lambda folder, _: {(folder, True)})

    def _move(self, client: imaplib.IMAP4) -> None:
        there = self.folders[1]
        self._on_some(client, there, "MOVE", lambda _, flagged: {(there, flagged)})

    def _copy(self, client: imaplib.IMAP4) -> None:
        there = self.folders[1]
        self._on_some(client, there, "COPY", lambda one, flag: {(one, flag), (there, flag)})

    def _expunge(self, client: imaplib.IMAP4) -> None:
        self._on_some(client, r"+FLAGS (\Deleted)", "STORE", lambda one, flag: {(one, flag)})
        deleted = self._uids(client, "DELETED")
        before = {number: next(iter(self.may_be[number])) for number in deleted}
        after = {
            number: frozenset(each for each in state if each[0] != self.folders[0])
            for number, state in before.items()
        }
        for number, state in after.items():
            self.may_be[number].add(state)
        if deleted:
            said, data = client.uid("EXPUNGE", ",".join(map(str, deleted.values())))
            self._settle(said, data, after)

    def _on_some(
        self,
        client: imaplib.IMAP4,
        what: str,
        command: str,
        becomes: Callable[[str, bool], set[tuple[str, bool]]],
    ) -> None:
        """The command on up to three messages of the first folder that are in no other."""
        folder, other = self.folders
        found = self._uids(client, "UNDELETED")
        alone = {
            number: uid
            for number, uid in found.items()
            if not any(where == other for state in self.may_be[number] for where, _ in state)
        }
        chosen = self.chance.sample(sorted(alone), min(3, len(alone)))
        if not chosen:
            return
        after = {}
        for number in chosen:
            [(_, flagged)] = next(iter(self.may_be[number]))
            after[number] = frozenset(becomes(folder, flagged))
            self.may_be[number].add(after[number])
        uids = ",".join(str(alone[number]) for number in chosen)
        said, data = client.uid(command, uids, *what.split(" ", 1))
        self._settle(said, data, after)

    def _uids(self, client: imaplib.IMAP4, key: str) -> dict[int, int]:
        self._must(*client.select(self.folders[0]))
        uids = self._must(*client.uid("SEARCH", key))[0].split()
        if not uids:
            return {}
        wanted = b",".join(uids[-20:]).decode()
        data = self._must(*client.uid("FETCH", wanted, "(UID FLAGS BODY.PEEK[HEADER])"))
        return {number: uid for number, (uid, _) in _numbered(data)}

    def _settle(self, said: str, data: list[Any], after: dict[int, State]) -> None:
        self._must(said, data)
        self.answered += 1
        for number, state in after.items():
            self.may_be[number] = {state}

    def _must(self, said: str, data: list[Any]) -> list[Any]:
        """NO is for a database that is away just now: as good as no answer."""
        if said != "OK":
            raise imaplib.IMAP4.abort(f"{said} {data!r}")
        return data

    # -- what is true

    def _look(self, client: imaplib.IMAP4) -> None:
        """Each message is where it may be, once; nothing else is there."""
        true: dict[int, set[tuple[str, bool]]] = {}
        for folder in self.folders:
            self._must(*client.select(folder))
            validity = client.response("UIDVALIDITY")[1][0]
            if self._validity.setdefault(folder, validity) != validity:
                raise Untrue(f"{folder}: UIDVALIDITY has changed")
            data = self._must(*client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER])"))
            found = list(_numbered(data))
            if len({number for number, _ in found}) != len(found):
                raise Untrue(f"{folder}: a message is there twice: {found}")
            for number, (_, flagged) in found:
                true.setdefault(number, set()).add((folder, flagged))
            for number, (uid, _) in found:
                if self._uid_of.setdefault((folder, uid), number) != number:
                    raise Untrue(f"{folder}: UID {uid} was given twice")
        for number, states in self.may_be.items():
            state = frozenset(true.pop(number, set()))
            if state not in states:
                raise Untrue(f"message {number} is {state}, and may be {states}")
            self.may_be[number] = {state}
        if true:
            raise Untrue(f"what is this? {true}")


def _numbered(data: list[Any]) -> list[tuple[int, tuple[int, bool]]]:
    """The number of each fetched message, its UID, and whether it is flagged."""
    found: list[tuple[int, tuple[int, bool]]] = []
    for item in data:
        if isinstance(item, tuple):
            number, told = _NUMBER.search(item[1]), _FETCHED.search(item[0])
            assert number, item
            assert told, item
            found.append((int(number[1]), (int(told[1]), b"\\Flagged" in told[2])))
    return found
