"""What is thought of a source."""

import pytest

from posthouse.mail.domain_reports.model import Finding, Source, State


@pytest.mark.parametrize(
    ("messages", "passed", "dkim", "spf", "forwarded", "proofs", "finding"),
    [
        (9, 9, 9, 9, 0, (), Finding.RIGHT),
        (9, 9, 9, 2, 0, (), Finding.SIGNED),
        (9, 9, 0, 9, 0, (), Finding.UNSIGNED),
        (9, 9, 5, 9, 0, (), Finding.UNSIGNED),
        (9, 5, 5, 5, 0, ("a.example",), Finding.PARTLY),
        (9, 5, 5, 5, 4, (), Finding.FORWARDED),
        (9, 0, 0, 0, 9, (), Finding.FORWARDED),
        (9, 0, 0, 0, 0, ("a.example",), Finding.FOREIGN),
        (9, 0, 0, 0, 3, (), Finding.UNPROVEN),
    ],
)
def test_findings(
    messages: int,
    passed: int,
    dkim: int,
    spf: int,
    forwarded: int,
    proofs: tuple[str, ...],
    finding: Finding,
):
    source = Source(
        address="192.0.2.1",
        messages=messages,
        passed=passed,
        dkim=dkim,
        spf=spf,
        quarantined=0,
        rejected=0,
        forwarded=forwarded,
        proofs=proofs,
    )
    assert source.finding is finding
    assert source.state in State
