"""Texts made comparable slice by slice are what they are in one piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.collation import casemap
from posthouse.servers.imap import matching


@given(st.text(st.sampled_from("aÄ中 \r\n\t\u3000"), max_size=40), st.integers(1, 7))
def test_slices_do_not_show(text, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_SLICE", size)
        assert matching.comparable(text) == " ".join(casemap(text).split())
