"""Real bounces of 72 mail systems read right, and nothing read into ordinary mail."""

import json
from pathlib import Path

import pytest

from posthouse.protocols import mime
from posthouse.protocols.dsn.model import Kind
from posthouse.protocols.dsn.notice import read_notice
from tests.corpora import bounces, unheard
from tests.corpora.deviations import judge

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(600)]

# Bounces that stand among the ordinary mail: read by eye, each is one.
REPORTS = {
    "easy-ham-1/01436.dc449ba377210e77d84647619e49c872.txt": "casimir@tgsnopec.com",
    "easy-ham-1/01507.e06cf7fcfb3a512f43c827529c19a9e6.txt": "matt_relay@sbcglobal.net",
    "easy-ham-1/01542.ed72bf2cd81ccd4c076533fb0af004e5.txt": "daz@jpci.net",
    "easy-ham-2/01311.b6a06b3e24130a32172b4c5225a1d5a6.txt": "khera@kcilink.com",
    "spam-2/00169.86268e75abd1bd4bda4d6c129681df34.txt": "75@tfi.kpn.com",
}


def test_reasons_and_recipients(corpora: Path):
    differences: dict[str, str] = {}
    total = wrong = misnamed = 0
    files = bounces.labelled(corpora)
    for path, expected in files.items():
        reasons, people = bounces.read(path)
        total += expected.total()
        if reasons != expected:
            wrong += (expected - reasons).total()
            differences[f"{path.stem} reason"] = f"{expected} != {reasons}"
        wanted = bounces.recipients(path)
        if people != wanted:
            misnamed += 1
            differences[f"{path.stem} recipient"] = f"{wanted} != {people}"

    assert len(files) == 589
    assert misnamed / len(files) <= 0.03
    assert wrong / total <= 0.10
    assert not judge("bounces", differences)


def test_systems_whose_words_nobody_knew(corpora: Path):
    """Not the 90 % of above: what may be expected of new wordings (docs/decisions/bounces.md)."""
    files = bounces.labelled(corpora)
    shares = [unheard.share_read_right(files, seed) for seed in range(3)]
    print(f"reasons of systems unheard of: {', '.join(f'{share:.1%}' for share in shares)}")
    assert min(shares) >= 0.835


def test_line_ends_change_nothing(corpora: Path):
    folder = corpora / "sisimai-rb/set-of-emails/maildir"
    paths = sorted((folder / "dos").glob("*.eml")) + sorted((folder / "mac").glob("*.eml"))
    for path in paths:
        raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert read_notice(mime.scan(path.read_bytes())) == read_notice(mime.scan(raw)), path

    assert len(paths) == 128


def test_nothing_is_invented(corpora: Path):
    folder = corpora / "spamassassin/data"
    found: dict[str, str] = {}
    count = 0
    for path in sorted(folder.glob("*/*")):
        if not path.is_file() or path.name == "cmds":
            continue
        count += 1
        notice = read_notice(mime.scan(path.read_bytes()))
        if notice is not None and notice.kind is not Kind.AUTOMATIC:
            found[f"{path.parent.name}/{path.name}"] = notice.recipients[0].recipient

    assert count == 6_046
    assert found == REPORTS


def test_the_complaints_of_stalwart(corpora: Path):
    files = sorted((corpora / "stalwart-mail-auth/resources/arf").glob("*.eml"))
    for path in files:
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
        notice = read_notice(mime.scan(path.read_bytes()))
        assert notice is not None
        kind = expected["feedback_type"].replace("AuthFailure", "auth-failure").lower()
        assert (notice.kind, notice.feedback_type) == (Kind.COMPLAINT, kind), path
        named = expected["original_rcpt_to"]
        if named:
            assert notice.recipients[0].recipient == named.strip("<>"), path

    assert len(files) == 5
