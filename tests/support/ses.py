"""Amazon SES API v2 as its reference describes it: takes SendEmail, and believes nobody.

What comes is checked from the bytes on the wire: the signature (AWS Signature Version 4), its age,
the fields and their names. Nothing here is shared with the code that it checks.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_PROOF = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/(\S+?)/(\S+?)/aws4_request, "
    r"SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
)
# SendEmail, request syntax.
_FIELDS = {
    "ConfigurationSetName",
    "Content",
    "Destination",
    "EmailTags",
    "EndpointId",
    "FeedbackForwardingEmailAddress",
    "FeedbackForwardingEmailAddressIdentityArn",
    "FromEmailAddress",
    "FromEmailAddressIdentityArn",
    "ListManagementOptions",
    "ReplyToAddresses",
    "TenantName",
}


@dataclass
class Ses:
    """`says` is the next answer: status, exception and message; None takes the mail."""

    region: str
    host: str
    now: datetime | None = None
    says: tuple[int, str, str] | None = None
    silent: bool = False
    taken: list[dict[str, object]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open as HTTP/1.1 does."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("ascii").split("\r\n")
                pairs = [line.split(":", 1) for line in lines[1:] if line]
                headers = {name.lower(): value.strip() for name, value in pairs}
                body = await reader.readexactly(int(headers["content-length"]))
                if self.silent:
                    break
                self._answer(writer, *self._judge(lines[0], headers, body))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _judge(
        self, first: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, dict[str, str]]:
        if first != "POST /v2/email/outbound-emails HTTP/1.1":
            return self._no(404, "NotFoundException", first)
        if why := self._why_unsigned(headers, body):
            return self._no(403, "InvalidSignatureException", why)
        said = json.loads(body)
        if unknown := set(said) - _FIELDS:
            return self._no(400, "BadRequestException", f"unknown {unknown}")
        base64.b64decode(said["Content"]["Raw"]["Data"], validate=True)
        assert said["Destination"]["ToAddresses"]
        if self.says is not None:
            return self._no(*self.says)
        self.taken.append(said)
        return 200, "", {"MessageId": "010701890d7-000000"}

    def _no(self, status: int, kind: str, message: str) -> tuple[int, str, dict[str, str]]:
        self.refused.append(message)
        return status, kind, {"message": message}

    def _why_unsigned(self, headers: dict[str, str], body: bytes) -> str | None:
        found = _PROOF.fullmatch(headers.get("authorization", ""))
        if found is None:
            return "no signature"
        access, day, region, service, names, signature = found.groups()
        moment = headers["x-amz-date"]
        at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs((self.now or datetime.now(UTC)) - at) > timedelta(minutes=5) or day != moment[:8]:
            return "too old"
        if (access, region, service) != (ACCESS, self.region, "ses"):
            return "another scope"
        if "host" not in names.split(";") or headers["host"].partition(":")[0] != self.host:
            return "another host"
        listed = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
        digest = hashlib.sha256(body).hexdigest()
        asked = f"POST\n/v2/email/outbound-emails\n\n{listed}\n{names}\n{digest}"
        hashed = hashlib.sha256(asked.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{day}/{region}/ses/aws4_request\n{hashed}"
        key = f"AWS4{SECRET}".encode()
        for part in (day, region, "ses", "aws4_request", to_sign):
            key = hmac.digest(key, part.encode(), "sha256")
        return None if key.hex() == signature else "the signature does not match"

    def _answer(
        self, writer: asyncio.StreamWriter, status: int, kind: str, said: dict[str, str]
    ) -> None:
        body = json.dumps(said).encode()
        named = f"x-amzn-ErrorType: {kind}:http://internal.amazon.com/\r\n" if kind else ""
        head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{named}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
