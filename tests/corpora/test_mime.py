"""Our parser beside two suites with known answers, and over every message there is."""

import mailbox
from pathlib import Path

import pytest

from posthouse.protocols import mime
from tests.corpora import imap_tools, stalwart
from tests.corpora.deviations import judge

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(600)]


def test_imap_tools(corpora):
    differences: dict[str, str] = {}
    paths = imap_tools.cases(corpora)
    for path in paths:
        expected, found = imap_tools.expected(path), imap_tools.found(path)
        for field in expected:
            if expected[field] != found[field]:
                differences[f"{path.stem} {field}"] = f"{expected[field]!r} != {found[field]!r}"

    assert len(paths) == 113
    assert not judge("imap_tools", differences)


def test_stalwart_header_tables(corpora):
    lines = stalwart.tables(corpora)
    differences = {
        case: f"{expected!r} != {found!r}" for case, expected, found in lines if expected != found
    }

    assert len(lines) == 244
    assert not judge("stalwart tables", differences)


def test_stalwart_messages(corpora):
    differences: dict[str, str] = {}
    cases = stalwart.cases(corpora)
    for path, crlf in cases:
        name = f"{path.parent.name}/{path.stem}"
        expected, found = stalwart.expected(path, crlf=crlf), stalwart.found(path, crlf=crlf)
        if [part["kind"] for part in expected] != [part["kind"] for part in found]:
            differences[f"{name} tree"] = f"{expected!r} != {found!r}"
            continue
        for theirs, ours in zip(expected, found, strict=True):
            for field in theirs.keys() | ours.keys():
                if theirs.get(field) != ours.get(field):
                    what = f"{theirs.get(field)!r} != {ours.get(field)!r}"
                    differences[f"{name} {field}"] = what

    assert len(cases) == 214
    assert not judge("stalwart messages", differences)


def test_every_message_is_read_and_given_back(corpora):
    count = 0
    for raw in _messages(corpora):
        count += 1
        scan = mime.scan(raw)
        for part in scan.parts:
            assert part.header_start <= part.body_start <= part.body_end <= part.end <= len(raw)
        prefix, variant = mime.split_trace(raw)
        assert prefix + variant == raw
        mime.message_identity(scan, variant)
        mime.envelope(scan)
        assert mime.summary_of(scan) == mime.summary(mime.readable_text(scan))
        for item in mime.attachments(scan):
            mime.attachment_bytes(scan, item)
        stored = mime.decode_tree(mime.encode_tree(scan), raw)
        assert mime.bodystructure(stored) == mime.bodystructure(scan)
        served = mime.section(scan)
        assert served == mime.to_crlf(raw)
        assert scan.root.header_size + scan.root.size == len(served)

    assert count > 7_300


def _messages(corpora: Path):
    for pattern in ("**/*.eml", "**/*.raw", "**/*.msg", "spamassassin/data/*/*"):
        for path in sorted(corpora.glob(pattern)):
            if path.is_file():
                yield path.read_bytes()
    for path in sorted(corpora.glob("**/*.mbox*")):
        if path.is_file():
            box = mailbox.mbox(path, create=False)
            for key in box.keys():  # noqa: SIM118 - a mailbox is no dict: iterating parses
                yield box.get_bytes(key)
