"""Base subjects, step by step of RFC 5256 2.1, and in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.base_subject import base_subject


@pytest.mark.parametrize(
    ("subject", "base", "answers"),
    [
        ("", "", False),
        ("Pumps", "Pumps", False),
        ("  two \t words \r\n folded ", "two words folded", False),
        ("Re: Pumps", "Pumps", True),
        ("RE : FW: fwd:Pumps", "Pumps", True),
        ("re[2]: Pumps", "Pumps", True),
        ("Re [ext] : Pumps", "Pumps", True),
        ("[list] Re: Pumps", "Pumps", True),
        ("[a] [b]Re: [c] Pumps", "Pumps", True),
        ("[list] Pumps", "Pumps", False),
        ("[list]", "[list]", False),
        ("[a][b]", "[b]", False),
        ("Re: [a] [b] ", "[b]", True),
        ("Pumps (fwd)", "Pumps", True),
        ("Pumps(FWD) (fwd) ", "Pumps", True),
        ("(fwd)", "", True),
        ("[fwd: Pumps]", "Pumps", True),
        ("[FWD:[fwd: Re: Pumps (fwd)] (fwd)]", "Pumps", True),
        ("[list] [fwd: Pumps]", "Pumps", True),
        ("[fwd:]", "", True),
        ("[fwd: Pumps] more", "more", False),
        ("Re:", "", True),
        ("Regarding: Pumps", "Regarding: Pumps", False),
        ("Re Pumps", "Re Pumps", False),
        ("ref: Pumps", "ref: Pumps", False),
        ("[open Pumps", "[open Pumps", False),
        ("[[x]] Pumps", "[[x]] Pumps", False),
        ("回复: 报价单", "回复: 报价单", False),
        ("Re: 报价单 (fwd)", "报价单", True),
    ],
)
def test_steps(subject, base, answers):
    assert base_subject(subject) == (base, answers)


@given(st.lists(st.sampled_from(["re:", "fwd ", "[fwd:", "[a]", "]", "[", "(fwd)", " ", "x", ":"])))
def test_a_base_subject_is_its_own(pieces):
    text = "".join(pieces)
    base, _ = base_subject(text)
    assert base in " ".join(text.split())
    assert base == base.strip(" ")
    assert base_subject(base)[0] == base


@pytest.mark.parametrize("piece", ["[a]", "re:", "(fwd)", "[fwd:", "[a", "re[", "re [a] ", "] ["])
def test_hostile_subjects_take_no_time(piece):
    started = time.process_time()
    base_subject(piece * 50_000)
    base_subject("[fwd:" * 50_000 + piece + "]" * 50_000)
    assert time.process_time() - started < 1
