"""What Outlook does to the octets of a `.pst` file against curious eyes (MS-PST 5.1, 5.2).

It is no encryption: there is no secret.
"""

# MS-PST 5.1: of the three parts of mpbbCrypt, the last and the middle one. The first undoes the
# last; the middle one undoes itself.
_INVERSE = bytes.fromhex(
    "47f1b4e60b6a7248854e9eebe2f89453e0bba002e85a09abdbe3bac67cc310dd39059630f53760828cc9134a"
    "6b1df3fb8f2697ca911701c4322d6e3195ffd923d1005e79dc443b1a28c5615720903d83b943be67d2464276"
    "c06d5b7eb20f16293ca903540dda5ddff6b7c762cd8d06d3695c86d614f7a56675acb1e94521700c879f74a4"
    "224c6fbf1f56aa2eb3783350b0a392bccf191ca763cb1e4d3e4b1b9b4fe7f0eead3ab55904ea40552551e57a"
    "893868527bfc27aed7bdfa07f4cc8e5fef359c842b15d5773449b6120a7f7188fd9d18417d93d8582ccefe24"
    "afdeb836c8a180a69998a82f0e816573e4c2a28ad4e111d0088b2af2ed9a643fc16cf9ec"
)
_MIDDLE = bytes.fromhex(
    "14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7c5a4dcac8574d6d0a79bae9a"
    "967166c36399b8dd73928e847da55ed15d93b1575150808952944f4e0a6bbc8d7f6e47464140440111cb033f"
    "f7f4e1a98f3c3af9fbf0193082092ec99da08649ee6f4d6dc42d813425871b88aafc06a11238fd4c42726413"
    "37246a757743ffe6b44b365ce4d8353d45b92cecb7312b290768a30e697b189e2139be281a5b78f523ca2ab0"
    "af3efe048ce7e5983295d3f64ae8a6eae9f3d52f7020f21f0567ad5510cecde3273bdabad7c226d4911dd21c"
    "2233f8faf15aefcf90b68bb5bdc0bf08971e6ce261e0c6c159abbb58de5fdf60797eb28a"
)
_FORWARD = bytes(_INVERSE.index(octet) for octet in range(256))


def permuted(octets: bytes) -> bytes:
    """Undo NDB_CRYPT_PERMUTE (5.1)."""
    return octets.translate(_INVERSE)


def cycled(octets: bytes, key: int) -> bytes:
    """Undo NDB_CRYPT_CYCLIC, or do it (5.2); `key` is the low half of the block's id."""
    import numpy as np  # few files need it, and it takes long to load

    start = (key >> 16 ^ key) & 0xFFFF
    salt = (start + np.arange(len(octets))) & 0xFFFF
    low, high = (salt & 0xFF).astype(np.uint8), (salt >> 8).astype(np.uint8)
    forward, middle, inverse = (
        np.frombuffer(table, np.uint8) for table in (_FORWARD, _MIDDLE, _INVERSE)
    )
    mixed = middle[forward[np.frombuffer(octets, np.uint8) + low] + high] - high
    return bytes(inverse[mixed] - low)
