"""Messages made to hurt a parser, in any size: n → bytes. The bench measures the same ones."""

from collections.abc import Callable


def _multipart(parts: bytes) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--\n"


def _nested(depth: int) -> bytes:
    heads = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(depth)
    )
    return b"".join(heads) + b"\ntext\n"


def _nested_messages(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * depth + b"\nbody\n"


def _equal_boundaries(depth: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * depth + b"\nx\n" * depth


# name → (a size that takes a few ten milliseconds, maker)
HOSTILE: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "( in To": (500_000, lambda n: b"To: " + b"(" * n + b"\n\nx"),
    "( ) in To": (250_000, lambda n: b"To: " + b"()" * n + b"\n\nx"),
    "( in Date": (500_000, lambda n: b"Date: " + b"(" * n + b"\n\nx"),
    "( in Content-Type": (500_000, lambda n: b"Content-Type: a/b;" + b"(" * n + b"\n\nx"),
    "=? in Subject": (500_000, lambda n: b"Subject: " + b"=?" * n + b"\n\nx"),
    "=?a?q? in Subject": (100_000, lambda n: b"Subject: " + b"=?a?q? " * n + b"\n\nx"),
    "=? in From": (500_000, lambda n: b"From: " + b"=?" * n + b"\n\nx"),
    "=?a?q? in From": (100_000, lambda n: b"From: " + b"=?a?q? " * n + b"\n\nx"),
    "encoded words": (25_000, lambda n: b"Subject: " + b"=?utf-8?B?5oKo?= " * n + b"\n\nx"),
    "encoded words, charsets": (
        12_000, lambda n: b"Subject: " + b"=?gbk?Q?=C4?= =?utf-8?B?5oKo?= " * n + b"\n\nx",
    ),
    "cut base64 words": (25_000, lambda n: b"Subject: " + b"=?utf-8?B?5oK?= " * n + b"\n\nx"),
    "recipients": (50_000, lambda n: b"To: " + b"A B <a@example.org>, " * n + b"\n\nx"),
    "odd recipients": (25_000, lambda n: b"To: " + b'"a, b" (c) <@d:e@f>; g:h@i,;' * n + b"\n\nx"),
    "words in To": (250_000, lambda n: b"To: " + b"a " * n + b"\n\nx"),
    "@ in To": (250_000, lambda n: b"To: " + b"a@ " * n + b"\n\nx"),
    "< in To": (500_000, lambda n: b"To: " + b"<" * n + b"\n\nx"),
    "<, in To": (250_000, lambda n: b"To: " + b"<a," * n + b"\n\nx"),
    "parameters": (100_000, lambda n: b"Content-Type: a/b" + b"; a=b" * n + b"\n\nx"),
    "segments": (
        50_000,
        lambda n: b"Content-Type: a/b" + b"".join(b"; a*%d*=b" % i for i in range(n)) + b"\n\nx",
    ),
    '" in Content-Type': (500_000, lambda n: b"Content-Type: a/b; c=" + b'"' * n + b"\n\nx"),
    '" in To': (500_000, lambda n: b"To: " + b'"' * n + b"\n\nx"),
    '\\" in To': (250_000, lambda n: b'To: "' + b'\\"' * n + b"\n\nx"),
    "; = in Content-Type": (250_000, lambda n: b"Content-Type: a/b" + b"; =" * n + b"\n\nx"),
    "folds": (250_000, lambda n: b"Subject: a" + b"\n b" * n + b"\n\nx"),
    "spaces": (500_000, lambda n: b"Subject: a" + b" " * n + b"b\nTo: a" + b" " * n + b"\n\nx"),
    "spaces in type": (500_000, lambda n: b"Content-Type: a" + b" " * n + b";" + b" " * n),
    "empty fields": (100_000, lambda n: b"a:\n" * n + b"\nx"),
    "one name": (500_000, lambda n: b"a" * n + b"\n\nx"),
    "lines without colon": (250_000, lambda n: b"a b\nX: y\n" * n + b"\nx"),
    "references": (50_000, lambda n: b"References: " + b"<a@b> " * n + b"\n\nx"),
    "< in References": (500_000, lambda n: b"References: " + b"<" * n + b"\n\nx"),
    "raw 8-bit": (500_000, lambda n: b"Subject: " + b"\xc4\xe3" * n + b"\n\nx"),
    "parts": (50_000, lambda n: _multipart(b"--b\n\nx\n" * n)),
    "parts, no blank line": (50_000, lambda n: _multipart(b"--b\nX: y\n" * n)),
    "dashes": (250_000, lambda n: _multipart(b"--\n" * n)),
    "long boundary line": (500_000, lambda n: _multipart(b"--b" + b"-" * n + b"\n")),
    "depth": (2_000, _nested),
    "depth of messages": (2_000, _nested_messages),
    "equal boundaries": (2_000, _equal_boundaries),
    "blank lines": (500_000, lambda n: b"\n" * n),
    "only CR": (500_000, lambda n: b"\r" * n),
    "< in HTML": (500_000, lambda n: b"Content-Type: text/html\n\n" + b"<" * n),
    "<a in HTML": (250_000, lambda n: b"Content-Type: text/html\n\n" + b"<a " * n),
    "<a ' in HTML": (250_000, lambda n: b"Content-Type: text/html\n\n" + b"<a '" * n),
    "<!-- in HTML": (250_000, lambda n: b"Content-Type: text/html\n\n" + b"<!--" * n),
    "<style> in HTML": (100_000, lambda n: b"Content-Type: text/html\n\n" + b"<style>" * n),
    "& in HTML": (500_000, lambda n: b"Content-Type: text/html\n\n" + b"&" * n),
    "&# in HTML": (250_000, lambda n: b"Content-Type: text/html\n\n" + b"&#1" * n),
    "hidden in HTML": (
        25_000, lambda n: b"Content-Type: text/html\n\n" + b"<p style='display:none'>" * n,
    ),
    "begin": (50_000, lambda n: b"\n" + b"begin 644 a\n" * n),
    "base64 padding": (
        250_000, lambda n: b"Content-Transfer-Encoding: base64\n\n" + b"YQ==" * n,
    ),
    "= in quoted-printable": (
        500_000, lambda n: b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * n,
    ),
    "quotes in text": (250_000, lambda n: b"\n" + b"> \n" * n),
    "one long line": (500_000, lambda n: b"\n" + "您好，".encode() * n),
    "wrote:": (100_000, lambda n: b"\n" + b"On " * n + b"wrote"),
}  # fmt: skip
