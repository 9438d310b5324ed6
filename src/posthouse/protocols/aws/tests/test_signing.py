"""The published examples of AWS Signature Version 4."""

from datetime import UTC, datetime

import pytest

from posthouse.protocols.aws import Keys, Request, signed

KEYS = Keys(access="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)
HOST = "example.amazonaws.com"


def signature(request: Request, service: str = "service") -> str:
    headers = dict(signed(request, KEYS, "us-east-1", service, NOW))
    return headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # aws-sig-v4-test-suite: get-vanilla
        (
            Request(method="GET", host=HOST),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        # post-vanilla
        (
            Request(method="POST", host=HOST),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        # get-vanilla-query-order-key-case
        (
            Request(method="GET", host=HOST, query="Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        # post-x-www-form-urlencoded
        (
            Request(
                method="POST",
                host=HOST,
                headers=(("content-type", "application/x-www-form-urlencoded"),),
                body=b"Param1=value1",
            ),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_the_suite(request_: Request, expected: str):
    assert signature(request_) == expected


def test_the_example_of_the_reference():
    request = Request(
        method="GET",
        host="iam.amazonaws.com",
        query="Action=ListUsers&Version=2010-05-08",
        headers=(("content-type", "application/x-www-form-urlencoded; charset=utf-8"),),
    )
    assert (
        signature(request, "iam")
        == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )
    headers = dict(signed(request, KEYS, "us-east-1", "iam", NOW))
    assert headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, Signature="
    )
    assert headers["x-amz-date"] == "20150830T123600Z"


def test_the_secret_is_never_shown():
    assert KEYS.secret not in repr(KEYS)
