"""Fifty IMAP sessions do what bench/imap_mix.toml says, with us and with Dovecot."""

import imaplib
import random
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, rounds, scale, scaled
from bench.house import running_house, settle
from bench.imap_driver import Login, Operation, Run, drive
from bench.letters import letters, write_maildir
from bench.lines import SEED, real
from bench.peers import ADDRESS, running_dovecot
from bench.peers import PASSWORD as DOVECOT_PASSWORD
from tests.support.running import ANNA, PASSWORD

MIX: dict[str, Any] = tomllib.loads(Path(__file__).with_name("imap_mix.toml").read_text())
_LETTERS = 500  # more than are appended in a round
_ALIKE = 1.25  # what both say may differ so much in length


def measure() -> Iterator[Figure]:
    """Two figures: operations a second, reading and writing."""
    count = scaled(MIX["reading"]["messages"], least=MIX["writing"]["messages"])
    folder = Path(tempfile.mkdtemp(prefix="posthouse-imap-"))
    try:
        write_maildir(folder / "source", letters(count, pool=real()))
        with running_house() as house, running_dovecot() as dovecot:
            house.must("import", folder / "source", "--mailbox", ANNA, timeout=600)
            dovecot.fill(folder / "source")
            settle(house)
            ours = Login(house.ports["imap"], ANNA, PASSWORD)
            theirs = Login(dovecot.imap, ADDRESS, DOVECOT_PASSWORD)
            for login in (ours, theirs):
                _make_folders(login)
            yield _figure("reading", ours, theirs, count, limit=0.5)
            yield _figure("writing", ours, theirs, MIX["writing"]["messages"], limit=0.25)
    finally:
        shutil.rmtree(folder)


def _figure(kind: str, ours: Login, theirs: Login, messages: int, *, limit: float) -> Figure:
    """Rounds of one part of the mix, each with plans of its own that both servers get."""
    here: list[float] = []
    there: list[float] = []
    sessions = [_Plans(kind, number, messages) for number in range(_sessions())]
    folders = [session.names["folder"] for session in sessions]
    plans: list[list[Operation]] = []
    for number in range(rounds()):
        fresh = letters(_LETTERS, seed=SEED + 1 + number, pool=real())
        plans = [session.draw(fresh) for session in sessions]
        runs = [drive(login, folders, plans) for login in (ours, theirs)]
        _check_alike(kind, *runs)
        operations = sum(map(len, plans))
        here.append(operations / runs[0].seconds)
        there.append(operations / runs[1].seconds)
    return Figure(
        name=f"IMAP, {kind}",
        unit="operations/s",
        ours=here,
        peers=there,
        peer="Dovecot",
        limit=limit,
        at_least=True,
        ran=f"{len(folders)} sessions at once, each {len(plans[0])} operations of"
        f" bench/imap_mix.toml, {len(here)} runs",
    )


def _check_alike(kind: str, ours: Run, theirs: Run) -> None:
    """Who says less when it is read from has not done the work."""
    if kind == "reading" and not 1 / _ALIKE < ours.octets / theirs.octets < _ALIKE:
        raise RuntimeError(f"we said {ours.octets} octets, Dovecot {theirs.octets}")


def _make_folders(login: Login) -> None:
    """For each session one with messages to work on and one to copy them to."""
    mix = MIX["writing"]
    with imaplib.IMAP4("127.0.0.1", login.port, timeout=300) as client:
        client.login(login.address, login.password)
        client.select("INBOX")
        for number in range(_sessions()):
            for name in (mix["folder"], mix["other"]):
                client.create(name.format(number=number))
            said, _ = client.copy(f"1:{mix['messages']}", mix["folder"].format(number=number))
            if said != "OK":
                raise RuntimeError("COPY was refused")


def _sessions() -> int:
    return int(MIX["sessions"]) if scale() >= 1 else 4


class _Plans:
    """What one session does, round after round: the same whenever it is drawn."""

    def __init__(self, kind: str, number: int, messages: int) -> None:
        self._mix = MIX[kind]
        self._messages = messages
        self._chance = random.Random(SEED + number)
        self.names = {
            each: self._mix.get(each, "").format(number=number) for each in ("folder", "other")
        }

    def draw(self, fresh: Iterator[bytes]) -> list[Operation]:
        """The operations of a round; `fresh` letters are those that it appends."""
        kinds = self._mix["mix"]
        wanted = scaled(self._mix["operations"], least=len(kinds))
        drawn = self._chance.choices(kinds, [kind["share"] for kind in kinds], k=wanted)
        return [self._operation(kind, fresh) for kind in drawn]

    def _operation(self, kind: dict[str, Any], fresh: Iterator[bytes]) -> Operation:
        one = self._chance.randint(1, self._messages)
        first = self._chance.randint(1, self._messages - self._mix["page"] + 1)
        page = f"{first}:{first + self._mix['page'] - 1}"
        self._messages += kind.get("adds", 0) - kind.get("removes", 0)
        return [self._line(text, one, page, fresh) for text in kind["say"]]

    def _line(self, text: str, one: int, page: str, fresh: Iterator[bytes]) -> bytes:
        line, literal, _ = text.partition("{letter}")
        said = line.format(one=one, page=page, **self.names).encode()
        if not literal:
            return said
        letter = next(fresh)
        return said + b"{%d+}\r\n%b" % (len(letter), letter)
