"""What is typed finds what was written."""

from hypothesis import given
from hypothesis import strategies as st

from posthouse.crm.lookup.model import fold, index_tokens, query_tokens

_letters = st.text(alphabet="abcdefgzäöüßéABC", min_size=1, max_size=30)
_han = st.text(alphabet="王小明张伟北京机械有限公司", min_size=1, max_size=12)


@given(words=st.lists(_letters, min_size=1, max_size=5), data=st.data())
def test_any_beginnings_of_words_find_a_name(words, data):
    typed = [word[: data.draw(st.integers(1, len(word)))] for word in words]
    assert query_tokens(" ".join(typed)) <= index_tokens(" ".join(words))


@given(name=_han, data=st.data())
def test_any_part_of_a_chinese_name_finds_it(name, data):
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert query_tokens(name[start:end]) <= index_tokens(name)


@given(st.text(max_size=300))
def test_any_text_is_survived(text):
    assert query_tokens(text) <= query_tokens(fold(text)) | index_tokens(text)
    assert len(query_tokens(text)) < 24 + 300


def test_addresses_are_found_by_their_words():
    tokens = index_tokens("li.wei@kunde-maschinen.example")
    for query in ("li", "li.wei@kun", "maschinen", "KUNDE", "li wei"):
        assert query_tokens(query) <= tokens
    assert not query_tokens("lei") <= tokens


def test_case_width_and_accents_do_not_matter():
    assert fold("\uff2düller \uff21\uff27") == "muller ag"  # full width
    assert query_tokens("müller") == query_tokens("MULLER")


def test_nothing_typed_asks_for_nothing():
    assert query_tokens(" .,@ ") == set()
