"""Keys and what they do. Pure: no database, no file.

An encrypted value is `version (1) | nonce (12) | ciphertext and tag (n + 16)`. Its associated data
is `table NUL column NUL row id`, so that a value moved to another place does not open.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE = 32
_VERSION = b"\x01"
_NONCE_SIZE = 12
_OVERHEAD = 1 + _NONCE_SIZE + 16


class Tampered(Exception):
    """A value does not open with its key at its place: damaged, moved or forged."""


class Hasher(Protocol):
    """What `Keyring.hasher` gives: a prepared keyed hash to copy, feed and finish."""

    def copy(self) -> "Hasher":
        """An independent continuation."""

    def update(self, data: bytes, /) -> None:
        """Feed bytes."""

    def digest(self) -> bytes:
        """The hash."""


class DataKey:
    """One AES-256-GCM key, bound to a record."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """`value` for exactly this place."""
        nonce = os.urandom(_NONCE_SIZE)
        place = b"%b\0%b\0%b" % (table.encode(), column.encode(), row_id.bytes)
        return _VERSION + nonce + self._cipher.encrypt(nonce, value, place)

    def encrypt_row(
        self, table: str, row_id: UUID, values: Mapping[str, bytes]
    ) -> dict[str, bytes]:
        """The values of a row, by column: each as `encrypt` does it."""
        nonces = os.urandom(_NONCE_SIZE * len(values))
        row, encrypt = b"\0" + row_id.bytes, self._cipher.encrypt
        encrypted: dict[str, bytes] = {}
        for number, (column, value) in enumerate(values.items()):
            nonce = nonces[_NONCE_SIZE * number : _NONCE_SIZE * (number + 1)]
            place = f"{table}\0{column}".encode() + row
            encrypted[column] = _VERSION + nonce + encrypt(nonce, value, place)
        return encrypted

    def decrypt(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """What `encrypt` was given. Raises Tampered when it does not open here."""
        if len(value) < _OVERHEAD or value[:1] != _VERSION:
            raise Tampered(f"{table}.{column} is not an encrypted value")
        place = b"%b\0%b\0%b" % (table.encode(), column.encode(), row_id.bytes)
        try:
            return self._cipher.decrypt(value[1 : 1 + _NONCE_SIZE], value[1 + _NONCE_SIZE :], place)
        except InvalidTag:
            raise Tampered(f"{table}.{column} does not open at its place") from None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A new data key as it is stored: the record it belongs to and its wrapped bytes."""

    record_id: UUID
    generation: int
    wrapped: bytes


class Keyring:
    """The keys of one workspace, unwrapped. Lives in memory only; safe to share between threads.

    Every use has a key of its own, derived from the workspace's key by HKDF-like HMAC-SHA-256
    with the purpose as label.
    """

    def __init__(self, workspace_id: UUID, generations: dict[int, bytes]) -> None:
        self.workspace_id = workspace_id
        self.generation = max(generations)
        self._generations = generations
        # Hashes and small values stay with the first generation: rotation re-indexes them apart.
        self._root = generations[min(generations)]
        self._wrapping = {g: DataKey(derived_key(key, "wrap")) for g, key in generations.items()}
        self._own = DataKey(derived_key(self._root, "own"))
        self._hash_keys: dict[str, bytes] = {}

    def __reduce__(self) -> tuple[type["Keyring"], tuple[UUID, dict[int, bytes]]]:
        # Preparation of large imports runs in worker processes of our own (a pipe, not a disk).
        return Keyring, (self.workspace_id, self._generations)

    def new_data_key(self, record_id: UUID) -> tuple[DataKey, Sealed]:
        """A fresh key for `record_id`, and its row for data_keys."""
        key = os.urandom(KEY_SIZE)
        wrapping = self._wrapping[self.generation]
        wrapped = wrapping.encrypt("data_keys", "wrapped", record_id, key)
        return DataKey(key), Sealed(record_id, self.generation, wrapped)

    def open_data_key(self, record_id: UUID, wrapped: bytes, generation: int = 1) -> DataKey:
        """The key of `record_id`. Raises Tampered."""
        wrapping = self._wrapping[generation]
        return DataKey(wrapping.decrypt("data_keys", "wrapped", record_id, wrapped))

    def encrypt(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """A small value under the workspace's own key: names, addresses, folder names."""
        return self._own.encrypt(table, column, row_id, value)

    def decrypt(self, table: str, column: str, row_id: UUID, value: bytes) -> bytes:
        """What `encrypt` was given. Raises Tampered."""
        return self._own.decrypt(table, column, row_id, value)

    def hash(self, purpose: str, data: bytes, size: int = 16) -> bytes:
        """A keyed hash, equal for equal data of one purpose in one workspace."""
        return blake2b(data, digest_size=size, key=self._hash_key(purpose)).digest()

    def hasher(self, purpose: str, size: int = 16) -> "blake2b":
        """A prepared hash for hot loops: `.copy()` it, `.update()` it, take `.digest()`."""
        return blake2b(digest_size=size, key=self._hash_key(purpose))

    def _hash_key(self, purpose: str) -> bytes:
        key = self._hash_keys.get(purpose)
        if key is None:
            key = self._hash_keys.setdefault(purpose, derived_key(self._root, f"hash {purpose}"))
        return key


def derived_key(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, from which no other can be told."""
    return hmac.new(key, b"posthouse " + purpose.encode(), sha256).digest()
