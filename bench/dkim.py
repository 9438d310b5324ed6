"""DKIM: signing 10 KB with RSA-2048, beside the bare RSA operation of `cryptography`."""

import time
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from bench.figures import Figure, rounds, scaled
from posthouse.protocols.mailauth.keys import KeyKind, generate_key, load_private_key
from posthouse.protocols.mailauth.sign import Signer, SigningKey

SIGNATURES = 200
OCTETS = 10_240
PARAGRAPH = """\
We thank you for your order of 40 spindles.  The drawing is attached, \r
and the price holds until the end of the month. Please tell us by Friday\r
which of the two bearings you want, as they are ordered together.\r
\r
请查收报价单，交货期为收到定金后四周，谢谢。\r
> Do you deliver to Qingdao,\tand what would it cost?\r
"""


def measure() -> Iterator[Figure]:
    """One figure: microseconds a signature."""
    message = sample_message()
    encoded = generate_key(KeyKind.RSA)
    key = load_private_key(encoded)
    assert isinstance(key, RSAPrivateKey)
    signer = Signer([SigningKey(domain="example.org", selector="s1", encoded=encoded)])
    digest, times = bytes(32), scaled(SIGNATURES)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(rounds(9)):
        ours.append(microseconds(lambda: signer.sign(message), times))
        bare.append(microseconds(lambda: key.sign(digest, PKCS1v15(), Prehashed(SHA256())), times))
    yield Figure(
        name="RSA-2048 signature",
        unit="µs",
        ours=ours,
        peers=bare,
        peer="the bare RSA operation",
        limit=1.5,
        ran=f"{len(message)} octets, {times} signatures a run, {len(ours)} runs",
    )


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
