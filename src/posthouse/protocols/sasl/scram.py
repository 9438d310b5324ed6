"""SCRAM-SHA-256: keys, and the messages of both sides (RFC 5802, RFC 7677)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from posthouse.protocols.sasl.saslprep import saslprep

# RFC 7677 4 asks for at least 4096. Deriving keys costs about 0.5 µs an iteration.
DEFAULT_ITERATIONS = 10_000
# A server may ask a client for any number; above this it would burn our processor.
CLIENT_ITERATIONS_LIMIT = 50_000

# One per process: unknown names get the same made-up salt for as long as it lives.
_FAKE_SALT_KEY = secrets.token_bytes(32)


class BadScram(ValueError):
    """A SCRAM message that cannot be read, or a server that could not prove itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScramKeys:
    """What a server keeps of a password; the password cannot be computed from it.

    `others` are the keys of further passwords of the same name, made with the same salt and count:
    the client is told one of each before it shows which password it has (RFC 5802 5.1). `which`
    is what the server calls this password.
    """

    salt: bytes
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    which: str = ""
    others: "tuple[ScramKeys, ...]" = field(default=(), repr=False)


def derive_keys(password: str, *, salt: bytes | None = None, iterations: int = 0) -> ScramKeys:
    """Keys for a new password; may raise `Unprepared`. Milliseconds: run it off the event loop."""
    salt = salt or secrets.token_bytes(16)
    iterations = iterations or DEFAULT_ITERATIONS
    salted = _salted(password, salt, iterations)
    return ScramKeys(
        salt=salt,
        iterations=iterations,
        stored_key=hashlib.sha256(_hmac(salted, b"Client Key")).digest(),
        server_key=_hmac(salted, b"Server Key"),
    )


class ScramServer:
    """The server's messages: `read_first`, `first_message`, `read_final`, in this order."""

    def __init__(self, *, nonce: str | None = None) -> None:
        self.identity = ""
        self.authorization = ""
        self.which = ""  # of several passwords, the one that was proved
        self._nonce = nonce or secrets.token_urlsafe(18)
        self._keys: ScramKeys | None = None
        self._header = ""
        self._auth_message = ""

    def read_first(self, message: str) -> None:
        """Read client-first-message; sets `identity` and `authorization`. Raises `BadScram`."""
        binding, authorization, bare = _three_parts(message)
        # We offer no -PLUS, so "y" (client could bind) is no downgrade (RFC 5802 6).
        if binding not in ("n", "y"):
            raise BadScram("channel binding is not offered")
        if authorization:
            self.authorization = decode_name(_value(authorization, "a"))
        fields = bare.split(",")
        if len(fields) < 2 or fields[0].startswith("m="):
            raise BadScram("unknown mandatory extension")
        client_nonce = _value(fields[1], "r")
        self.identity = saslprep(decode_name(_value(fields[0], "n")))
        if not client_nonce or not self.identity:
            raise BadScram("empty name or nonce")
        self._header = f"{binding},{authorization},"
        self._nonce = client_nonce + self._nonce
        self._auth_message = bare

    def first_message(self, keys: ScramKeys | None) -> str:
        """server-first-message. Without keys it looks the same, and the proof will fail."""
        self._keys = keys
        if keys is None:
            salt = _hmac(_FAKE_SALT_KEY, self.identity.encode())[:16]
            iterations = DEFAULT_ITERATIONS
        else:
            salt, iterations = keys.salt, keys.iterations
        message = f"r={self._nonce},s={base64.b64encode(salt).decode()},i={iterations}"
        self._auth_message += f",{message}"
        return message

    def read_final(self, message: str) -> str | None:
        """Read client-final-message; the server's signature when the proof holds, else None.

        Raises `BadScram` when the message is malformed or belongs to another exchange.
        """
        without_proof, _, proof = message.rpartition(",p=")
        fields = without_proof.split(",")
        if len(fields) < 2:
            raise BadScram("not a final message")
        if _decode(_value(fields[0], "c")) != self._header.encode():
            raise BadScram("channel binding differs")
        if not hmac.compare_digest(_value(fields[1], "r").encode(), self._nonce.encode()):
            raise BadScram("nonce differs")
        client_proof = _decode(proof)
        if self._keys is None or len(client_proof) != 32:
            return None
        auth_message = f"{self._auth_message},{without_proof}".encode()
        for keys in (self._keys, *self._keys.others):
            if _proves(client_proof, keys.stored_key, auth_message):
                self.which = keys.which
                signature = _hmac(keys.server_key, auth_message)
                return f"v={base64.b64encode(signature).decode()}"
        return None


class ScramClient:
    """The client's messages: `first_message`, `final_message`, `check_server`, in this order."""

    def __init__(self, identity: str, password: str, *, nonce: str | None = None) -> None:
        """May raise Unprepared. `nonce` is given only by tests."""
        self._password = password
        self._nonce = nonce or secrets.token_urlsafe(18)
        self._bare = f"n={encode_name(saslprep(identity))},r={self._nonce}"
        self._signature = b""

    def first_message(self) -> str:
        """client-first-message without channel binding."""
        return f"n,,{self._bare}"

    def final_message(self, server_first: str) -> str:
        """Answer the server's salt with the proof; takes milliseconds. Raises `BadScram`."""
        fields = server_first.split(",")
        if len(fields) < 3:
            raise BadScram("not a first message")
        nonce = _value(fields[0], "r")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise BadScram("nonce differs")
        count = _value(fields[2], "i")
        if not (count.isascii() and count.isdigit()) or int(count) > CLIENT_ITERATIONS_LIMIT:
            raise BadScram("iterations out of range")
        salted = _salted(self._password, _decode(_value(fields[1], "s")), max(int(count), 1))
        without_proof = f"c={base64.b64encode(b'n,,').decode()},r={nonce}"
        auth_message = f"{self._bare},{server_first},{without_proof}".encode()
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), auth_message)
        self._signature = _hmac(_hmac(salted, b"Server Key"), auth_message)
        proof = base64.b64encode(_xor(client_key, signature)).decode()
        return f"{without_proof},p={proof}"

    def check_server(self, server_final: str) -> None:
        """Raises `BadScram` unless the server knew the keys too."""
        signature = _decode(_value(server_final.split(",")[0], "v"))
        if not self._signature or not hmac.compare_digest(signature, self._signature):
            raise BadScram("the server could not prove itself")


def _proves(proof: bytes, stored_key: bytes, auth_message: bytes) -> bool:
    """RFC 5802 3: StoredKey is the hash of the key that the proof hides."""
    client_key = _xor(proof, _hmac(stored_key, auth_message))
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), stored_key)


def _three_parts(message: str) -> tuple[str, str, str]:
    parts = message.split(",", 2)
    if len(parts) != 3:
        raise BadScram("not a first message")
    return parts[0], parts[1], parts[2]


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, iterations)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _value(field: str, name: str) -> str:
    if not field.startswith(f"{name}="):
        raise BadScram(f"attribute {name} is missing")
    return field[2:]


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadScram("not base64") from error


def encode_name(name: str) -> str:
    """A saslname (RFC 5802 5.1)."""
    return name.replace("=", "=3D").replace(",", "=2C")


def decode_name(name: str) -> str:
    """A saslname as it is meant. Raises `BadScram`."""
    # RFC 5802 5.1: "=" stands only in =2C and =3D.
    if "=" in name.replace("=2C", "").replace("=3D", ""):
        raise BadScram("badly quoted name")
    return name.replace("=2C", ",").replace("=3D", "=")
