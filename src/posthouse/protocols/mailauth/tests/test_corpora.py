"""DKIM on mail that others signed (of the corpora): each file is a key record, then the message."""

from pathlib import Path

import dkim
import pytest

from posthouse.protocols.mailauth.dkim import DkimResult, verify_dkim
from posthouse.protocols.mailauth.message import with_crlf
from tests.support.dns_zones import ZoneResolver

# 002 has the 1024-bit key of RFC 6376 as PKCS#1; 005 has expired, so it is judged at its own time.
SIGNED_AT = {"005": 1_667_843_700}


@pytest.mark.corpora
@pytest.mark.parametrize("name", ["001", "002", "003", "004", "005", "006"])
async def test_the_mail_of_stalwart(corpora: Path, name: str):
    path = corpora / f"stalwart-mail-auth/resources/dkim/{name}.txt"
    head, _, raw = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    records = dict(line.split(b" ", 1) for line in head.splitlines())
    resolver = ZoneResolver({key.decode(): {"TXT": [text]} for key, text in records.items()})
    outcomes = await verify_dkim(raw, resolver, now=SIGNED_AT.get(name))
    assert outcomes[0].result is DkimResult.PASS
    tampered = await verify_dkim(raw + b"\nx\n", resolver, now=SIGNED_AT.get(name))
    assert DkimResult.PASS not in {outcome.result for outcome in tampered}
    if name != "005":  # dkimpy cannot be told the time
        judge = dkim.DKIM(with_crlf(raw))
        assert judge.verify(0, dnsfunc=lambda asked, timeout=5: records.get(asked.rstrip(b".")))
