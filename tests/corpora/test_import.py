"""Every message of the corpora is imported without a refusal and comes back byte for byte."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.importing import import_path
from posthouse.mail.transfer.sources import find_sources
from tests.support.house import Workspace

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(900)]


def single_messages(corpora: Path) -> list[Path]:
    """Files that hold one message each."""
    labelled = corpora / "spamassassin" / "data"
    files = {path for ending in ("eml", "raw") for path in corpora.rglob(f"*.{ending}")}
    files |= {path for path in labelled.glob("*/*") if path.is_file() and path.name != "cmds"}
    return sorted(files)


def digests(raws: list[bytes]) -> Counter[bytes]:
    return Counter(sha256(raw).digest() for raw in raws)


async def test_everything_comes_back(
    house: Database, workspace: Workspace, corpora: Path, tmp_path: Path
):
    files = single_messages(corpora)
    mboxes = sorted(corpora.rglob("*.mbox*"))
    assert len(files) > 6000
    assert mboxes
    links = tmp_path / "links"
    links.mkdir()
    for number, file in enumerate(files):
        (links / f"{number:05d}.eml").symlink_to(file)

    report = await import_path(house, links, workspace.address)
    assert report.failures == []
    assert report.filed == len(files)
    assert (await import_path(house, links, workspace.address)).filed == 0
    await export_mailbox(house, tmp_path / "out", workspace.address, ExportFormat.MAILDIR)

    came_back = [file.read_bytes() for file in (tmp_path / "out" / "cur").iterdir()]
    assert digests(came_back) == digests([file.read_bytes() for file in files])


async def test_every_mbox_comes_back(
    house: Database, workspace: Workspace, corpora: Path, tmp_path: Path
):
    for number, mbox in enumerate(sorted(corpora.rglob("*.mbox*"))):
        folder = f"mbox {number}"
        report = await import_path(house, mbox, workspace.address, folder)
        assert report.failures == []
        assert report.filed == len(list(find_sources(mbox))) > 0
    await export_mailbox(house, tmp_path / "out", workspace.address, ExportFormat.MAILDIR)
    came_back = [file.read_bytes() for file in (tmp_path / "out").rglob("cur/*")]
    sent = [source.read() for mbox in corpora.rglob("*.mbox*") for source in find_sources(mbox)]
    assert digests(came_back) == digests(sent)
