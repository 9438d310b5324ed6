"""Junk or not: what arrives is judged, and what members move to and from Junk is learned.

Owns the table filter_tables. clamd and rspamd are asked if there are any. `labelled` measures.
"""

from posthouse.mail.filtering.actions import Filter, Lesson, learn
from posthouse.mail.filtering.model import Judgement, Reason
from posthouse.mail.filtering.rspamd import Envelope
from posthouse.mail.filtering.screening import Screen, Screened

__all__ = [
    "Envelope",
    "Filter",
    "Judgement",
    "Lesson",
    "Reason",
    "Screen",
    "Screened",
    "learn",
]
