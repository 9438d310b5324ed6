"""IIS's ways to sign in: Basic (RFC 7617), NTLM ([MS-NTHT]), Negotiate (RFC 4559), Bearer."""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

import spnego
from spnego.channel_bindings import GssChannelBindings


@dataclass
class Gate:
    """`ways` in the order in which they are offered. With `extended_protection` NTLM has to name
    the certificate (`certificate_hash`, RFC 5929), as Exchange 2019 demands since CU14.
    """

    users: dict[str, str]
    ways: tuple[str, ...] = ("Negotiate", "NTLM")
    extended_protection: bool = True
    certificate_hash: bytes = b""
    tokens: dict[str, str] = field(default_factory=dict)
    basic: list[str] = field(default_factory=list)  # what was shown in the clear


@dataclass
class Visitor:
    """One connection: NTLM signs in connections."""

    gate: Gate
    name: str = ""
    _context: spnego.ContextProxy | None = None

    def admit(self, authorization: str) -> tuple[bool, list[str]]:
        """(whether he may go on, the challenges if not)."""
        scheme, _, rest = authorization.partition(" ")
        if scheme and scheme not in self.gate.ways:
            return False, list(self.gate.ways)
        if scheme == "Basic":
            self.gate.basic.append(rest)
            name, _, password = b64decode(rest).decode().partition(":")
            return self.gate.users.get(name) == password, self._challenges()
        if scheme == "Bearer":
            return rest in self.gate.tokens, self._challenges()
        if scheme in ("NTLM", "Negotiate"):
            return self._negotiate(scheme, rest)
        return bool(self.name), self._challenges()

    def _negotiate(self, scheme: str, token: str) -> tuple[bool, list[str]]:
        if self._context is None or self._context.complete:
            self._context = self._new_context(scheme)
        try:
            said = self._context.step(b64decode(token, validate=True))
        except (spnego.exceptions.SpnegoError, binascii.Error, ValueError):
            self._context = None
            return False, list(self.gate.ways)
        if not self._context.complete:
            return False, [f"{scheme} {b64encode(said or b'').decode()}"]
        self.name = str(self._context.client_principal)
        return True, []

    def _new_context(self, scheme: str) -> spnego.ContextProxy:
        bindings = None
        if self.gate.extended_protection:
            bound = b"tls-server-end-point:" + self.gate.certificate_hash
            bindings = GssChannelBindings(application_data=bound)
        return spnego.server(
            protocol=scheme.lower(),
            channel_bindings=bindings,
            options=spnego.NegotiateOptions.use_ntlm
            if scheme == "NTLM"
            else spnego.NegotiateOptions.use_negotiate,
        )

    def _challenges(self) -> list[str]:
        return [f'{way} realm="exchange"' if way == "Basic" else way for way in self.gate.ways]
