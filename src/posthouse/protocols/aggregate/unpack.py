"""What a report was packed in, undone: gzip (RFC 1952) and zip, never more than is bearable."""

import io
import zipfile
import zlib

from posthouse.protocols.aggregate.errors import BadReport

MOST_OCTETS = 8 << 20
"""Of what a mail carries, unpacked: some 15,000 sources. Large real ones have an eighth of it."""

# Reports are repetitive: a large real one grows a hundredfold. What grows more is made to.
_MOST_GROWTH = 250
_ALWAYS_FINE = 1 << 20

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_EITHER_HEADER = 16 + zlib.MAX_WBITS
_MOST_MEMBERS = 100
_DOCUMENTS = (".xml", ".json")
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a way of compressing that Python does not know
    RuntimeError,  # encrypted
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


def is_packed(data: bytes) -> bool:
    """By its first bytes: names and media types of reports are often wrong."""
    return data.startswith((_GZIP, _ZIP))


def unpack(data: bytes, most: int = MOST_OCTETS) -> bytes:
    """The document inside; `data` itself when it is not packed. Raises BadReport over `most`."""
    most = min(most, max(_ALWAYS_FINE, _MOST_GROWTH * len(data)))
    if data.startswith(_GZIP):
        data = _gunzip(data, most)
    elif data.startswith(_ZIP):
        data = _unzip(data, most)
    if len(data) > most:
        raise BadReport("too large")
    return data


def _gunzip(data: bytes, most: int) -> bytes:
    """The first member. What lacks its end, or has more behind it, is taken as far as it goes."""
    stream = zlib.decompressobj(_EITHER_HEADER)
    try:
        return stream.decompress(data, most + 1)
    except zlib.error as error:
        raise BadReport(f"not gzip: {error}") from None


def _unzip(data: bytes, most: int) -> bytes:
    """The first document in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()][:_MOST_MEMBERS]
            named = [each for each in members if each.filename.lower().endswith(_DOCUMENTS)]
            for member in (*named, *members):
                with archive.open(member) as file:
                    return file.read(most + 1)
    except _FAULTS as error:
        raise BadReport(f"not a zip file: {type(error).__name__}") from None
    raise BadReport("an empty zip file")
