"""One Chinese mail written in many ways says the same, so its score is the same or nearly so."""

import base64
import quopri
import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from posthouse.mail.filtering.learning import Key, Sample, Table, train
from posthouse.mail.filtering.model import junk_from
from posthouse.mail.filtering.traits import traits_of
from posthouse.protocols import mime
from tests.support.chinese_mail import GOOD, JUNK, chinese_mail, traditional

_KEY = Key(Cipher(AES(b"0123456789abcdef"), ECB()))
_JUNK_COUNT, _GOOD_COUNT = 70, 160
_NEEDED = junk_from(_JUNK_COUNT, _GOOD_COUNT)
_HEAD = (
    b"Message-ID: <1a2b3c@qq.com>\r\nTo: anna@acme.example\r\nMIME-Version: 1.0\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0800\r\nX-Mailer: Foxmail 7.2.25.179[cn]\r\n"
)
Encode = Callable[[str, str], bytes]
Form = Callable[[str, str], bytes]


def base64_word(text: str, charset: str) -> bytes:
    return b"=?%b?B?%b?=" % (charset.encode(), base64.b64encode(text.encode(charset)))


def quoted_word(text: str, charset: str) -> bytes:
    octets = "".join(f"={octet:02X}" for octet in text.encode(charset)).encode()
    return b"=?%b?Q?%b?=" % (charset.encode(), octets)


def raw(text: str, charset: str) -> bytes:
    """Octets in the header as they are: older programs of China write it so."""
    return text.encode(charset)


def form(
    charset: str,
    header: Encode = base64_word,
    transfer: str = "base64",
    *,
    subtype: str = "plain",
    declared: bool = True,
    said: Callable[[str], str] = str,
    marked: Callable[[str], str] = str,
) -> Form:
    """`said` changes the words of subject and text, `marked` the text once more."""

    def write(subject: str, text: str) -> bytes:
        head = b"From: %b <wang12@qq.com>\r\nSubject: %b\r\n" % (
            header("王小明", charset),
            header(said(subject), charset),
        )
        if declared:
            kind = f"Content-Type: text/{subtype}; charset={charset}\r\n"
            head += f"{kind}Content-Transfer-Encoding: {transfer}\r\n".encode()
        return _HEAD + head + b"\r\n" + _TRANSFERS[transfer](marked(said(text)).encode(charset))

    return write


def _lines(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "\r\n".join(map(change, text.split("\r\n")))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{line}</p>\r\n" for line in text.split("\r\n"))


def _numbered(pattern: str) -> Callable[[str], str]:
    """HTML that names every character outside ASCII by its number."""
    return lambda text: "".join(
        char if char.isascii() else pattern.format(ord(char)) for char in _paragraphs(text)
    )


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


_TRANSFERS: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
    "8bit": bytes,
    "7bit": bytes,
}
_PLAIN = form("utf-8")
# Other octets, the same characters.
ENCODINGS: Mapping[str, Form] = {
    "utf-8 quoted": form("utf-8", quoted_word, "quoted-printable"),
    "utf-8 raw": form("utf-8", raw, "8bit"),
    "utf-8 raw, undeclared": form("utf-8", raw, "8bit", declared=False),
    "gb18030": form("gb18030"),
    "gb18030 raw": form("gb18030", raw, "8bit"),
    "gbk quoted": form("gbk", quoted_word, "quoted-printable"),
    "gbk raw": form("gbk", raw, "8bit"),
    "gb2312 raw, undeclared": form("gb2312", raw, "8bit", declared=False),
    "hz": form("hz-gb-2312", transfer="7bit"),
    "utf-7": form("utf-7", transfer="7bit"),
    "html": form("utf-8", subtype="html", marked=_paragraphs),
    "html in gbk": form("gbk", quoted_word, "quoted-printable", subtype="html", marked=_paragraphs),
    "html by numbers": form("utf-8", subtype="html", marked=_numbered("&#{};")),
    "html by hexadecimal numbers": form("gbk", subtype="html", marked=_numbered("&#x{:x};")),
}
# Other characters that mean the same.
DISGUISES: Mapping[str, Form] = {
    "traditional": form("utf-8", said=traditional),
    "traditional in big5": form("big5", said=traditional),
    "full width": form("utf-8", said=_wide),
    "zero width": form("utf-8", said=_lines("\u200b".join)),
    "soft hyphens": form("utf-8", said=_lines("\u00ad".join)),
    "stars": form("utf-8", said=_lines("★".join)),
    "blanks": form("gbk", said=_lines(" ".join)),
}


def sample(mail: bytes) -> Sample:
    prefix, rest = mime.split_trace(mail)
    scan = mime.scan(rest)
    return _KEY.sample(traits_of(prefix, scan, mime.subject(scan), {}).numbers)


@pytest.fixture(scope="module")
def table() -> Table:
    chance = random.Random(1)

    def some(families: Mapping[str, Sequence[str]], count: int) -> list[Sample]:
        every = list(families.values())
        return [
            sample(chinese_mail(chance, every[number % len(every)], "utf-8"))
            for number in range(count)
        ]

    samples = [*some(JUNK, _JUNK_COUNT), *some(GOOD, _GOOD_COUNT)]
    return train(samples, [number < _JUNK_COUNT for number in range(len(samples))])


def letters() -> list[tuple[str, str, bool]]:
    """(subject, text, whether it is junk): one of each kind."""
    chance = random.Random(2)
    found = []
    for families, junk in ((JUNK, True), (GOOD, False)):
        for sentences in families.values():
            said = chance.sample(sentences, 4)
            text = "\r\n".join(("您好：", *said, "电话 13812345678", "谢谢！"))
            found.append((said[0][:16], text, junk))
    return found


@pytest.mark.parametrize("name", ENCODINGS)
def test_octets_do_not_change_what_is_said(table: Table, name: str):
    """What stays different is how the mail was made, which weighs little."""
    for subject, text, junk in letters():
        plain = table.score(sample(_PLAIN(subject, text)))
        other = table.score(sample(ENCODINGS[name](subject, text)))
        assert (plain >= _NEEDED) == (other >= _NEEDED) == junk
        assert abs(other - plain) <= 1.2


@pytest.mark.parametrize("name", DISGUISES)
def test_disguises_do_not_change_what_is_said(table: Table, name: str):
    for subject, text, junk in letters():
        plain = table.score(sample(_PLAIN(subject, text)))
        other = table.score(sample(DISGUISES[name](subject, text)))
        assert (plain >= _NEEDED) == (other >= _NEEDED) == junk
        assert abs(other - plain) <= 0.4 * abs(plain)
