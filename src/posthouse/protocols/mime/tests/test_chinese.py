"""Chinese mail as Foxmail, QQ, 163, Exmail and others write it: every case is a file."""

import json
from pathlib import Path

import pytest

from posthouse.protocols import mime

CASES = sorted((Path(__file__).parents[5] / "tests/corpus/mime/chinese").glob("*.eml"))


def people(scan, name):
    return [[who.name, who.address] for who in mime.addresses(scan, name)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_reads_what_was_written(path, ends):
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    scan = mime.scan(path.read_bytes().replace(b"\r\n", ends))

    assert mime.subject(scan) == expected["subject"]
    assert people(scan, b"from") == expected["from"]
    assert people(scan, b"to") == expected["to"]
    assert people(scan, b"cc") == expected.get("cc", [])
    assert mime.plain_text(scan).strip("\n") == expected["text"].strip("\n")
    files = mime.attachments(scan)
    assert [file.name for file in files] == [name for name, _ in expected["files"]]
    for file, (_, size) in zip(files, expected["files"], strict=True):
        assert size in (None, file.size, len(mime.attachment_bytes(scan, file)))
    if "readable" in expected:
        assert mime.readable_text(scan) == expected["readable"]
    if expected["summary"] is not None:
        assert mime.summary(mime.readable_text(scan)) == expected["summary"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_imap_material_is_seven_bit_and_reads_back(path):
    """A client that knows UTF-8 words only sees the right subject and names in ENVELOPE."""
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    scan = mime.scan(path.read_bytes())

    envelope = mime.envelope(scan)

    assert envelope.isascii()
    assert mime.bodystructure(scan).isascii()
    readable = mime.decode_words(envelope.decode())
    assert expected["subject"] in readable
    for name, address in expected["from"] + expected["to"]:
        assert name in readable
        assert address.partition("@")[2] in readable


def test_there_are_cases():
    assert len(CASES) > 20
