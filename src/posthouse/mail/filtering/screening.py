"""What the filters beside us say of a message: clamd of viruses, rspamd of junk, both at once."""

import asyncio
from dataclasses import dataclass
from typing import Any

from posthouse.foundation.errors import Busy, Denied
from posthouse.foundation.settings import Settings
from posthouse.mail.filtering.clamd import find_virus
from posthouse.mail.filtering.outside import Address, Service, Unanswered
from posthouse.mail.filtering.rspamd import Action, Envelope, Opinion, judge_by_rspamd

# A sender waits ten minutes for our reply to his data (RFC 5321 4.5.3.2.6).
_VIRUS_SECONDS = 30.0
_JUNK_SECONDS = 15.0
_TRY_AGAIN = 300


@dataclass(frozen=True, slots=True)
class Screened:
    """What was found. `facts` are kept with the verdict; a virus is here only when it is let in.

    `clean` is what clamd looked at and found nothing in.
    """

    virus: str | None = None
    opinion: Opinion | None = None
    clean: bool = False

    @property
    def junk(self) -> bool:
        """Whether it belongs into Junk."""
        judged = self.opinion is not None and self.opinion.action is Action.JUNK
        return judged or self.virus is not None

    @property
    def facts(self) -> dict[str, Any]:
        """For the verdict; nothing when nobody was asked."""
        facts: dict[str, Any] = {}
        if self.virus is not None:
            facts["virus"] = self.virus
        elif self.clean:
            facts["clean"] = True
        if self.opinion is not None:
            facts["rspamd"] = {
                "junk": self.opinion.action is Action.JUNK,
                "score": self.opinion.score,
                "symbols": list(self.opinion.symbols),
            }
        return facts


@dataclass(frozen=True, slots=True)
class State:
    """How a filter beside us is."""

    ok: bool
    says: str


async def states(settings: Settings) -> dict[str, State]:
    """Of those that the settings name, each asked about a mail without content."""
    screen = Screen(settings)
    empty = b"Subject: doctor\r\n\r\n"
    nobody = Envelope(peer_ip="127.0.0.1", helo="doctor", mail_from="", recipients=())
    found: dict[str, State] = {}
    for service, ask in (
        (screen.clamd, lambda it: find_virus(it, empty)),
        (screen.rspamd, lambda it: judge_by_rspamd(it, empty, nobody)),
    ):
        if service is not None:
            try:
                await service.ask(ask)
                found[service.name] = State(True, f"answers at {service.address.text}")
            except Unanswered:
                away = "filed unexamined" if settings.filters_down == "accept" else "put off"
                says = f"does not answer at {service.address.text}: mail is {away}"
                found[service.name] = State(False, says)
    return found


class Screen:
    """The filters that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.clamd = _service("clamd", settings.clamd, _VIRUS_SECONDS)
        self.rspamd = _service("rspamd", settings.rspamd, _JUNK_SECONDS)
        self._refuse_viruses = settings.viruses == "refuse"
        self._let_in = settings.filters_down == "accept"

    async def screen(self, raw: bytes, envelope: Envelope) -> Screened:
        """Raises Denied for what is refused and Busy for what may come again later; also when a
        filter does not answer and the settings say so.
        """
        if self.clamd is None and self.rspamd is None:
            return Screened()
        virus, opinion = await asyncio.gather(self._virus(raw), self._opinion(raw, envelope))
        if virus and self._refuse_viruses:
            raise Denied(f"The message carries a virus: {virus}.")
        if opinion is not None and opinion.action is Action.REFUSE:
            raise Denied("The message was taken for junk.")
        if opinion is not None and opinion.action is Action.LATER:
            raise Busy("Please try again later.", retry_after=_TRY_AGAIN)
        return Screened(virus or None, opinion, clean=virus == "")

    async def _virus(self, raw: bytes) -> str | None:
        """Its name, empty when there is none; None when nobody looked."""
        if self.clamd is None:
            return None
        try:
            return await self.clamd.ask(lambda clamd: find_virus(clamd, raw))
        except Unanswered:
            self._do_without()
            return None

    async def _opinion(self, raw: bytes, envelope: Envelope) -> Opinion | None:
        if self.rspamd is None:
            return None
        try:
            return await self.rspamd.ask(lambda it: judge_by_rspamd(it, raw, envelope))
        except Unanswered:
            self._do_without()
            return None

    def _do_without(self) -> None:
        if not self._let_in:
            raise Busy("The message could not be examined at the moment.", retry_after=60)


def _service(name: str, address: str, deadline: float) -> Service | None:
    return None if address == "off" else Service(name, Address(address), deadline)
