"""Signing in on a connection that lasts: IMAP, POP3 and ManageSieve differ in words only.

Lock-out and its delays live in security/members.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Unauthenticated
from posthouse.protocols.sasl.bearer import Bearer
from posthouse.protocols.sasl.server import (
    AskKeys,
    AskPassword,
    AskToken,
    BadResponse,
    Challenge,
    Mechanism,
    Proof,
)
from posthouse.security import members
from posthouse.security.members import Actor, MailProtocol, Scope

Ask = Callable[[Challenge], Awaitable[bytes]]
"""Sends a challenge and answers what the client says to it, out of base64."""


class ActsAsAnother(Unauthenticated):
    """The password is right, and somebody else's mailbox was asked for with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """One client's way in. `scope` is what an API key must have."""

    database: Database
    source: str
    protocol: MailProtocol
    scope: Scope

    async def by_password(self, name: str, password: str) -> Actor:
        """Raises Unauthenticated, WrongDoor, Busy after too many wrong ones."""
        return await members.sign_in_with_password(
            self.database, name, password, source=self.source, protocol=self.protocol
        )

    async def by_mechanism(self, mechanism: Mechanism, initial: bytes | None, ask: Ask) -> Actor:
        """The exchange of RFC 4422. Raises as `by_password`, BadResponse, and what `ask` raises."""
        step = mechanism.start(initial)
        while isinstance(step, Challenge | AskKeys):
            if isinstance(step, Challenge):
                step = mechanism.step(await ask(step))
            else:
                step = mechanism.keys(
                    await members.scram_credentials(
                        self.database, step.identity, source=self.source
                    )
                )
        match step:
            case AskPassword() if step.authorization in ("", step.identity):
                return await self.by_password(step.identity, step.password)
            case Proof() if step.authorization in ("", step.identity):
                return await self._by_proof(step)
            case AskToken():
                return await self._by_token(mechanism, step, ask)
        raise ActsAsAnother("Nobody acts as another here.")

    async def _by_proof(self, proof: Proof) -> Actor:
        if not proof.proved:
            await members.note_failure(
                self.database, proof.identity, source=self.source, protocol=self.protocol
            )
            raise Unauthenticated("The address or the password is wrong.")
        return await members.actor_by_proof(
            self.database,
            proof.identity,
            which=proof.which,
            source=self.source,
            protocol=self.protocol,
        )

    async def _by_token(self, mechanism: Mechanism, step: AskToken, ask: Ask) -> Actor:
        """RFC 7628 3.2.3: what is wrong is said first, and the refusal answers the answer to it."""
        try:
            return await members.sign_in_with_key(
                self.database, step.identity, step.token, self.scope
            )
        except (Unauthenticated, Denied):
            if isinstance(mechanism, Bearer):
                await ask(mechanism.refused(self.scope))
            raise Unauthenticated("The API key is not valid.") from None


def decoded(text: bytes) -> bytes:
    """A response out of base64; `=` is an empty one (RFC 4954 4, RFC 4959 3, RFC 5034 4).

    Raises BadResponse.
    """
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadResponse("not base64") from error
