"""Keys and blobs: values open only at their place, keys and files are there after a crash."""

import base64
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.security.vault import (
    BlobFiles,
    Keyring,
    Tampered,
    Vault,
    blobs,
    keep_blobs,
    keyring,
    read_blobs,
)
from tests.support.house import Workspace, make_workspace


def key_file(data: Path) -> Path:
    Vault.load(Settings(data=data))
    return data / "keys" / "master.key"


def test_a_value_opens_only_at_its_place():
    keys, row = Keyring(new_id(), {1: os.urandom(32)}), new_id()
    value = keys.encrypt("contacts", "name", row, b"Li Wei")
    assert keys.decrypt("contacts", "name", row, value) == b"Li Wei"
    forged = value[:-1] + bytes([value[-1] ^ 1])
    for place in (
        ("companies", "name", row),
        ("contacts", "note", row),
        ("contacts", "name", new_id()),
    ):
        with pytest.raises(Tampered):
            keys.decrypt(*place, value)
    for damaged in (forged, b"", value[:20], b"\2" + value[1:]):
        with pytest.raises(Tampered):
            keys.decrypt("contacts", "name", row, damaged)


def test_data_keys_open_for_their_record_and_survive_rotation():
    workspace_id, old, new = new_id(), os.urandom(32), os.urandom(32)
    before, after = Keyring(workspace_id, {1: old}), Keyring(workspace_id, {1: old, 2: new})
    record = new_id()
    key, sealed = before.new_data_key(record)
    value = key.encrypt("variants", "subject", record, b"Pumps")
    opened = after.open_data_key(record, sealed.wrapped, sealed.generation)
    assert opened.decrypt("variants", "subject", record, value) == b"Pumps"
    assert after.new_data_key(record)[1].generation == 2
    assert after.hash("address", b"x") == before.hash("address", b"x")
    with pytest.raises(Tampered):
        before.open_data_key(new_id(), sealed.wrapped)


def test_the_master_key_is_made_once_and_for_its_owner(tmp_path: Path):
    file = key_file(tmp_path)
    text = file.read_text()
    assert len(base64.b64decode(text)) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert key_file(tmp_path).read_text() == text
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_start_that_was_cut_short_stops_no_other(tmp_path: Path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / f"master.key.{os.getpid()}").write_text("half")
    assert key_file(tmp_path).exists()


def test_an_existing_key_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = key_file(tmp_path)

    def full(*args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    assert key_file(tmp_path) == file


def test_what_is_no_key_is_refused(tmp_path: Path):
    for text in ("not base64!", base64.b64encode(b"short").decode()):
        with pytest.raises(Invalid):
            Vault.load(Settings(data=tmp_path, master_key=text))


def test_names_of_files_and_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: set[str] = set()
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    blob_id = new_id()
    BlobFiles(tmp_path / "blobs").write(blob_id, b"content")
    folder = tmp_path / "blobs" / f"{blob_id.bytes[-1]:02x}"
    assert {str(tmp_path), str(tmp_path / "blobs"), str(folder)} <= synced
    key_file(tmp_path / "data")
    assert {str(tmp_path / "data"), str(tmp_path / "data" / "keys")} <= synced


async def test_equal_contents_are_kept_once_in_one_workspace(house: Database, workspace: Workspace):
    other = await make_workspace(house, "kunde.example", "li")
    async with house.workspace(workspace.id) as tx:
        first, second, again = await keep_blobs(tx, [b"one", b"two", b"one"])
    async with house.workspace(workspace.id) as tx:
        assert first == again != second
        assert await keep_blobs(tx, [b"two"]) == [second]
        assert await read_blobs(tx, [first, second]) == {first: b"one", second: b"two"}
    async with house.workspace(other.id) as tx:
        assert await keep_blobs(tx, [b"one"]) != [first]
        assert await read_blobs(tx, [first]) == {}


async def test_large_contents_are_worked_on_beside_the_loop(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    threads: list[threading.Thread] = []
    for name in ("blob_digest", "encrypt_content", "decrypt_content"):
        work = getattr(blobs, name)

        def noted(*args: Any, work: Any = work) -> Any:
            threads.append(threading.current_thread())
            return work(*args)

        monkeypatch.setattr(blobs, name, noted)
    content = os.urandom(2 << 20)
    async with house.workspace(workspace.id) as tx:
        (blob_id,) = await keep_blobs(tx, [content])
        assert (await read_blobs(tx, [blob_id]))[blob_id] == content
    assert len(threads) >= 3
    assert threading.main_thread() not in threads


async def test_keys_made_in_a_transaction_that_failed_are_forgotten(
    house: Database, workspace: Workspace
):
    async def work() -> None:
        async with house.workspace(workspace.id) as tx:
            (await keyring(tx)).hash("x", b"")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    async with house.workspace(workspace.id) as tx:
        made = await keyring(tx)
    async with house.workspace(workspace.id) as tx:
        assert await keyring(tx) is made


async def test_a_database_of_another_master_key_is_refused(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        await keyring(tx)
    await house.service(Vault).check(house)
    with pytest.raises(Invalid, match="does not open this database"):
        await Vault(os.urandom(32)).check(house)
