"""The ARC test suite, whole: what validates, and what our own seals are worth."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dkim
import pytest
import yaml

from posthouse.protocols.mailauth.arc import verify_arc
from posthouse.protocols.mailauth.arc_fields import read_sets
from posthouse.protocols.mailauth.message import split_message
from posthouse.protocols.mailauth.seal import seal
from posthouse.protocols.mailauth.sign import SigningKey
from tests.corpora.deviations import judge
from tests.support.dns_zones import ZoneResolver

pytestmark = [pytest.mark.corpora, pytest.mark.timeout(300)]
Case = tuple[str, dict[str, Any], dict[str, Any]]


def cases(corpora: Path, file: str) -> Iterator[Case]:
    """(name, the case, its scenario)."""
    text = (corpora / "arc_test_suite/tests" / file).read_text("utf-8")
    for scenario in yaml.safe_load_all(text):
        for name, case in scenario["tests"].items():
            yield name, case, scenario


def zone(scenario: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    records = scenario.get("txt-records") or {}
    return {name: {"TXT": [text.replace("\n", "").encode()]} for name, text in records.items()}


async def test_validation(corpora: Path):
    differences: dict[str, str] = {}
    count = 0
    for name, case, scenario in cases(corpora, "arc-draft-validation-tests.yml"):
        count += 1
        resolver = ZoneResolver(zone(scenario))
        outcome = await verify_arc(split_message(case["message"].encode()), resolver)
        # Without an expectation: "fail" where a sealer said so may as well not be looked at.
        expected = str(case["cv"] or outcome.result).lower()
        if outcome.result != expected:
            differences[name] = f"{expected} != {outcome.result} {outcome.reason}"

    assert count == 171
    assert not judge("arc", differences)


async def test_sealing(corpora: Path):
    """Their signatures cover spaces and orders of tags that nobody prescribes; ours are judged by
    what they say, by our validation and by dkimpy's.
    """
    count = 0
    for name, case, scenario in cases(corpora, "arc-draft-sign-tests.yml"):
        count += 1
        raw = case["message"].encode().replace(b"\n", b"\r\n")
        key = SigningKey(
            domain=scenario["domain"],
            selector=scenario["sel"],
            encoded=scenario["privatekey"].encode(),
        )
        made = seal(raw, case["srv-id"], key, now=int(case["t"]))
        if not case["AS"]:
            assert made == b"", name
            continue
        sets = read_sets(split_message(made + raw).fields)
        ours, theirs = _tags(sets[-1].seal.value), _tags(case["AS"].encode())
        for tag in ("i", "a", "t", "d", "s", "cv"):
            assert ours[tag] == theirs[tag], name
        assert _tags(sets[-1].signature.value)["bh"] == _tags(case["AMS"].encode())["bh"], name
        said = case["AAR"].encode().partition(b";")[2]
        assert _words(sets[-1].results_value) == _words(said), name
        zones = zone(scenario)
        outcome = await verify_arc(split_message(made + raw), ZoneResolver(zones))
        judged = dkim.ARC(made + raw).verify(dnsfunc=_asked(zones))[0]
        assert (outcome.result == "pass") is (ours["cv"] != "fail") is (judged == dkim.CV_Pass), (
            name
        )

    assert count == 17


def _asked(zones: dict[str, dict[str, list[Any]]]) -> Any:
    return lambda name, timeout=5: zones[name.decode().rstrip(".")]["TXT"][0]


def _tags(value: bytes) -> dict[str, str]:
    pairs = (item.partition("=") for item in value.decode().split(";"))
    return {name.strip(): "".join(text.split()) for name, _, text in pairs}


def _words(value: bytes) -> set[str]:
    """What is said, comments aside."""
    text = re.sub(r"\([^)]*\)", "", value.decode())
    return {" ".join(item.split()) for item in text.split(";")}


@pytest.mark.parametrize("name", ["001", "002"])
async def test_the_chains_of_stalwart(corpora: Path, name: str):
    text = (corpora / f"stalwart-mail-auth/resources/arc/{name}.txt").read_bytes()
    head, _, raw = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    records = dict(line.split(b" ", 1) for line in head.splitlines())
    resolver = ZoneResolver({key.decode(): {"TXT": [value]} for key, value in records.items()})
    outcome = await verify_arc(split_message(raw), resolver)
    assert outcome.result == "pass", outcome.reason
    assert (await verify_arc(split_message(raw + b"x\n"), resolver)).result == "fail"
