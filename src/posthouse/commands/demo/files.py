"""The attachments of the demonstration: small, but real files of their kinds."""

import struct
import zlib


def pdf(title: str, lines: tuple[str, ...]) -> bytes:
    """A one-page PDF with a heading and lines of Latin text."""
    text = [f"BT /F1 18 Tf 56 780 Td ({_escaped(title)}) Tj ET"]
    for number, line in enumerate(lines):
        text.append(f"BT /F1 11 Tf 56 {744 - 18 * number} Td ({_escaped(line)}) Tj ET")
    content = "\n".join(text).encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return _assembled(objects)


def csv(rows: tuple[tuple[str, ...], ...]) -> bytes:
    """A table as spreadsheet programs in both languages open it: UTF-8 with a mark."""
    return b"\xef\xbb\xbf" + "\r\n".join(",".join(row) for row in rows).encode()


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture with a soft gradient, for photographs of broken parts."""
    rows = []
    for y in range(height):
        shade = 0.55 + 0.45 * y / height
        line = bytes(int(part * shade) for part in colour)
        edge = bytes(int(part * shade * 0.7) for part in colour)
        rows.append(
            b"\0" + b"".join(edge if (x // 24 + y // 24) % 7 == 0 else line for x in range(width))
        )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(b"".join(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _assembled(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
