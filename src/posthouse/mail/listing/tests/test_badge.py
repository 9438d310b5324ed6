"""What the badge beside a sender says of a kept verdict."""

from collections.abc import Mapping
from typing import Any

import pytest

from posthouse.mail.listing.badge import authentication
from posthouse.mail.listing.views import Result

FAILED: dict[str, Any] = {
    "spf": {"result": "fail", "domain": "list.example"},
    "dkim": [{"result": "fail", "domain": "kunde.example"}],
    "dmarc": {"result": "fail", "domain": "kunde.example", "policy": "reject"},
}
PASSED: dict[str, Any] = {**FAILED, "dmarc": {"result": "pass", "domain": "kunde.example"}}
CHAIN: dict[str, Any] = {"result": "pass", "sealers": ["first.example", "list.example"]}


@pytest.mark.parametrize(
    ("verdict", "said", "arc", "vouched_by"),
    [
        (PASSED, "pass", "none", ""),
        (FAILED, "fail", "none", ""),
        ({"dmarc": {"result": "none"}}, "none", "none", ""),
        ({"internal": True}, "pass", "none", ""),
        # A chain alone proves nothing: anybody can seal (RFC 8617 9.2).
        ({**FAILED, "arc": CHAIN}, "fail", "pass", ""),
        ({**FAILED, "arc": {"result": "fail", "sealers": []}}, "fail", "fail", ""),
        (
            {**FAILED, "arc": {**CHAIN, "vouched_by": "list.example"}},
            "pass",
            "pass",
            "list.example",
        ),
    ],
)
def test_badge(verdict: Mapping[str, Any], said: Result, arc: str, vouched_by: str):
    badge = authentication(verdict, "li@kunde.example")
    assert badge is not None
    assert (badge.verdict, badge.arc, badge.vouched_by) == (said, arc, vouched_by)
    assert badge.sealers == (verdict.get("arc") or {}).get("sealers", [])


def test_mail_that_nobody_verified_has_none():
    assert authentication(None, "li@kunde.example") is None
