"""The vault: AES-256-GCM for everything that is content.

A data key per record, wrapped by the workspace's key, wrapped by the master key. Owns the tables
workspace_keys, data_keys and blobs. Erasing a record's data key erases what it opened.
"""

from posthouse.security.vault.actions import Vault, keyring, save_data_keys
from posthouse.security.vault.blobs import BlobFiles, erase_blobs, keep_blobs, read_blobs
from posthouse.security.vault.model import DataKey, Keyring, Sealed, Tampered

__all__ = [
    "BlobFiles",
    "DataKey",
    "Keyring",
    "Sealed",
    "Tampered",
    "Vault",
    "erase_blobs",
    "keep_blobs",
    "keyring",
    "read_blobs",
    "save_data_keys",
]
