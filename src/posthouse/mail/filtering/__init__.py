"""Junk or not: what arrives is judged, and what members move to and from Junk is learned.

Owns the table filter_tables. How good it is: `labelled`, `posthouse filter check`.
"""

from posthouse.mail.filtering.actions import Filter, Lesson, learn
from posthouse.mail.filtering.model import Judgement, Reason

__all__ = ["Filter", "Judgement", "Lesson", "Reason", "learn"]
