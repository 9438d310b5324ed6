"""Chinese mail: characters of both kinds, disguises, and how much junk is caught by its words.

The mail is made of sentences of our own (`tests/support/chinese_mail.py`): it shows that words are
read in whatever way they are written, not how good the filter is with what really comes.
"""

import random
from collections.abc import Mapping, Sequence

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.filtering.chinese import script_traits, simplified, undisguise
from posthouse.mail.filtering.labelled import Labelled, learn_and_ask, read_labelled
from posthouse.mail.filtering.learning import Key
from posthouse.mail.filtering.tricks import undo
from tests.support.chinese_mail import GOOD, JUNK, chinese_mail, traditional

_KEY = Key(Cipher(AES(b"0123456789abcdef"), ECB()))
_SIMPLE = ("gb18030", "gbk", "gb2312", "utf-8")
# Of each family's ten sentences these are learned, and the others asked about.
_LEARNED, _OTHER = slice(0, 6), slice(6, None)
Families = Mapping[str, Sequence[str]]


def mails(
    seed: int,
    sentences: slice,
    *,
    charsets: Sequence[str] = _SIMPLE,
    disguises: Sequence[str] = ("",),
    times: int = 1,
) -> Labelled:
    """So many times seventy mails of junk and a hundred and sixty of business."""
    chance = random.Random(seed)

    def some(families: Families, count: int, disguises: Sequence[str]) -> list[bytes]:
        every = list(families.values())
        return [
            chinese_mail(
                chance,
                every[number % len(every)][sentences],
                chance.choice(charsets),
                chance.choice(disguises),
            )
            for number in range(count)
        ]

    return read_labelled(some(GOOD, 160 * times, ("",)), some(JUNK, 70 * times, disguises))


@pytest.fixture(scope="module")
def learned() -> Labelled:
    return mails(1, _LEARNED, times=2)


def test_junk_is_caught_in_every_charset(learned: Labelled):
    figures = learn_and_ask(learned, mails(2, _LEARNED), _KEY)
    assert figures.caught >= 0.98
    assert figures.good_lost == 0


def test_disguised_junk_is_caught(learned: Labelled):
    marks = ("★", " ", ".", "\u200b", "☆ ", "\r\n")
    figures = learn_and_ask(learned, mails(3, _LEARNED, disguises=marks), _KEY)
    assert figures.caught >= 0.98
    assert figures.good_lost == 0


def test_junk_in_traditional_characters_is_caught_by_what_simplified_ones_taught(
    learned: Labelled,
):
    figures = learn_and_ask(learned, mails(4, _LEARNED, charsets=("big5",)), _KEY)
    assert figures.caught >= 0.98
    assert figures.good_lost == 0


def test_what_is_not_known_is_good_mail(learned: Labelled):
    """Sentences that were never seen: none of business is lost."""
    assert learn_and_ask(learned, mails(5, _OTHER), _KEY).good_lost == 0


def test_traditional_characters_and_simplified_ones():
    assert simplified("優惠發票，聯繫電話") == "优惠发票，联系电话"
    assert simplified("已经是简体") == "已经是简体"
    assert traditional("优惠贷款") == "優惠貸款"
    assert list(script_traits("Hello")) == list(script_traits("Café")) == []
    assert list(script_traits("優惠發票")) == ["han 6", "traditional 4"]


@pytest.mark.parametrize(
    ("text", "meant", "trick"),
    [
        ("代★开★发★票", "代开发票", "parted characters"),
        ("代\r\n开\r\n发\r\n票", "代开发票", "parted characters"),
        ("请加薇信联系", "请加微信联系", "disguised words"),
        ("加V详谈", "加微信详谈", "disguised words"),
        ("需要发漂请来电", "需要发票请来电", "disguised words"),
        ("电话一三八零零一三八", "电话一三八零零一三八", "number in characters"),
    ],
)
def test_disguises_are_found_and_undone(text: str, meant: str, trick: str):
    undone, found = undisguise(text)
    assert undone == meant
    assert any(name.startswith(trick) for name in found)


def test_ordinary_chinese_is_left_alone():
    for text in (
        "您好，附件是合同，请查收。",
        "王 伟，李 娜：周三见。",
        "一、项目\r\n二、进度\r\n三、预算",
        "我们值得信任，欢迎来厂参观。",
    ):
        assert undo(text)[1] == []


@given(st.text(alphabet="代开发票★ \r\n。薇信vx一二三四五六七八九abc", max_size=400))
def test_no_chinese_is_too_odd(text: str):
    undisguise(text)
    list(script_traits(text))
