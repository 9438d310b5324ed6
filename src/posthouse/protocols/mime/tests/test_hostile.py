"""Twice the hostile input may take at most two and a half times as long, and never raises."""

import gc
from time import process_time

import pytest

from posthouse.protocols import mime
from posthouse.protocols.mime.tests.hostile import HOSTILE

NOISE = 0.004  # seconds: what the clock and the collector may add


def ask_everything(raw: bytes) -> mime.Scan:
    scan = mime.scan(raw)
    mime.subject(scan)
    mime.date(scan)
    mime.message_id(scan)
    mime.references(scan)
    mime.addresses(scan, b"from")
    mime.addresses(scan, b"to")
    mime.envelope(scan)
    mime.bodystructure(scan)
    mime.encode_tree(scan)
    mime.summary(mime.readable_text(scan))
    for attachment in mime.attachments(scan)[:20]:
        mime.attachment_bytes(scan, attachment)
    prefix, variant = mime.split_trace(raw)
    mime.message_identity(scan, variant)
    assert prefix + variant == raw
    return scan


def seconds(raw: bytes) -> float:
    gc.collect()
    gc.disable()  # It walks all that tests before this one left in memory.
    try:
        started = process_time()
        ask_everything(raw)
        return process_time() - started
    finally:
        gc.enable()


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_input_only(name):
    size, make = HOSTILE[name]
    size //= 3
    single, double = make(size), make(2 * size)
    ask_everything(make(size // 10))  # warm up

    ratios = []
    for _ in range(3):
        ratios.append((seconds(double) - NOISE) / (seconds(single) + NOISE))
        if ratios[-1] <= 2.5:
            return
    pytest.fail(f"{name}: time(2n)/time(n) = {min(ratios):.2f}")


def test_depth_and_parts_are_capped():
    deep = mime.scan(HOSTILE["depth"][1](1_000))
    many = mime.scan(HOSTILE["parts"][1](100_000))

    assert deep.truncated
    assert max(part.depth for part in deep.parts) == 100
    assert many.truncated
    assert len(many.parts) == 10_000
