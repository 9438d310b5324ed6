"""Signing in with a token: OAUTHBEARER (RFC 7628), and XOAUTH2 as older programs speak it."""

import json
import re

from posthouse.protocols.sasl.scram import BadScram, ScramKeys, decode_name
from posthouse.protocols.sasl.steps import AskToken, BadResponse, Challenge, Step

_SEPARATOR = "\x01"
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 2.1
_GS2_HEADER = re.compile(r"[ny],(?:a=([^,\x00]+))?,")


class Bearer:
    """What both have in common: one message, and an error in JSON before the refusal."""

    name = ""
    _status = ""

    def start(self, initial: bytes | None) -> Step:
        """Begin; without initial response an empty challenge asks for it."""
        return Challenge(data=b"") if initial is None else self.step(initial)

    def step(self, response: bytes) -> Step:
        """Read the client's only message."""
        try:
            text = response.decode()
        except UnicodeDecodeError as error:
            raise BadResponse("not UTF-8") from error
        identity, fields = self._read(text)
        scheme, _, token = fields.get("auth", "").partition(" ")
        if scheme.lower() != "bearer" or not _TOKEN.fullmatch(token):
            raise BadResponse("no bearer token")
        return AskToken(identity=identity, token=token)

    def keys(self, keys: ScramKeys | None) -> Step:
        """Never asked for."""
        raise BadResponse("a token has no keys")

    def refused(self, scope: str) -> Challenge:
        """What is said of a token that is no good; any answer to it ends the exchange."""
        error = {"status": self._status, "schemes": "bearer", "scope": scope}
        return Challenge(data=json.dumps(error).encode())

    def _read(self, text: str) -> tuple[str, dict[str, str]]:
        raise NotImplementedError


class OauthBearer(Bearer):
    """RFC 7628 3.1: `n,a=identity,^Ahost=…^Aport=…^Aauth=Bearer token^A^A`."""

    name = "OAUTHBEARER"
    _status = "invalid_token"

    def _read(self, text: str) -> tuple[str, dict[str, str]]:
        header, separator, rest = text.partition(_SEPARATOR)
        match = _GS2_HEADER.fullmatch(header)
        if match is None or not separator:
            raise BadResponse("no GS2 header")
        try:
            return decode_name(match[1] or ""), _pairs(rest)
        except BadScram as error:
            raise BadResponse(str(error)) from error


class Xoauth2(Bearer):
    """`user=identity^Aauth=Bearer token^A^A`, from before there was an RFC."""

    name = "XOAUTH2"
    _status = "401"

    def _read(self, text: str) -> tuple[str, dict[str, str]]:
        fields = _pairs(text)
        return fields.get("user", ""), fields


def _pairs(text: str) -> dict[str, str]:
    """`name=value^A` any number of times, then `^A`."""
    if not text.endswith(_SEPARATOR * 2):
        raise BadResponse("cut off")
    fields: dict[str, str] = {}
    for pair in text[:-2].split(_SEPARATOR):
        name, equals, value = pair.partition("=")
        if not equals or name in fields:
            raise BadResponse("not name=value")
        fields[name] = value
    return fields
