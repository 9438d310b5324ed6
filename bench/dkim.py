"""DKIM: signing 10 KB with RSA-2048, beside the bare RSA operation of `cryptography`."""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from posthouse.protocols.mailauth import KeyKind, Signer, SigningKey, generate_key
from posthouse.protocols.mailauth.keys import load_private_key

MUST_REACH = 1.5  # times the bare operation
OCTETS = 10_240
PARAGRAPH = """\
We thank you for your order of 40 spindles.  The drawing is attached, \r
and the price holds until the end of the month. Please tell us by Friday\r
which of the two bearings you want, as they are ordered together.\r
\r
请查收报价单，交货期为收到定金后四周，谢谢。\r
> Do you deliver to Qingdao,\tand what would it cost?\r
"""


def main() -> int:
    """Prints one JSON line and one for people; 1 when the figure is not reached."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds (at least 5)")
    parser.add_argument("--signatures", type=int, default=200, help="signatures a round")
    choice = parser.parse_args()
    message = sample_message()
    encoded = generate_key(KeyKind.RSA)
    key = load_private_key(encoded)
    assert isinstance(key, RSAPrivateKey)
    signer = Signer([SigningKey(domain="example.org", selector="s1", encoded=encoded)])
    digest = bytes(32)
    ours, bare = [], []
    for _ in range(max(5, choice.rounds)):
        ours.append(microseconds(lambda: signer.sign(message), choice.signatures))
        bare.append(
            microseconds(
                lambda: key.sign(digest, PKCS1v15(), Prehashed(SHA256())), choice.signatures
            )
        )
    return report(len(message), statistics.median(ours), statistics.median(bare), len(ours))


def sample_message() -> bytes:
    """10 KB as a person writes it, in two languages, with spaces doubled and left at line ends."""
    header = (
        "From: Anna Meier <anna@example.org>\r\nTo: Bob <bob@example.com>\r\n"
        "Subject: =?utf-8?B?5oql5Lu3?= 40 spindles\r\n"
        "Date: Sun, 22 Nov 2026 10:00:00 +0800\r\nMessage-ID: <1@example.org>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    )
    body = PARAGRAPH.encode() * (OCTETS // len(PARAGRAPH))
    return (header.encode() + body)[: OCTETS - 2].rstrip(b"\r\n") + b"\r\n"


def microseconds(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times * 1e6


def report(size: int, ours: float, bare: float, rounds: int) -> int:
    ratio = ours / bare
    figures = {
        "bench": "dkim",
        "message_octets": size,
        "ours_us": round(ours, 1),
        "bare_rsa_us": round(bare, 1),
        "ratio": round(ratio, 3),
        "must_reach": MUST_REACH,
        "rounds": rounds,
        "reached": ratio <= MUST_REACH,
    }
    print(json.dumps(figures))
    print(
        f"DKIM RSA-2048, {size} octets: {ours:.0f} µs, the bare operation {bare:.0f} µs: "
        f"{ratio:.2f} × (at most {MUST_REACH} ×)"
    )
    return 0 if ratio <= MUST_REACH else 1


if __name__ == "__main__":
    raise SystemExit(main())
