"""The query language: words, "phrases", operators, negation. In both languages' punctuation."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from posthouse.foundation.errors import Invalid

Text = Literal["any", "from", "to", "subject", "filename", "has"]
_LONGEST_QUERY = 500
_MOST_TERMS = 24

_TERM = re.compile(
    r"(?P<minus>-)?(?:(?P<operator>[A-Za-z]+|发件人|收件人|主题|附件|早于|晚于|状态|文件夹)[:：])?"
    r'(?:["“”「](?P<phrase>[^"“”」]*)["“”」]?|(?P<word>[^\s　]+))'
)
_TEXT_OPERATORS: dict[str, Text] = {
    "from": "from",
    "发件人": "from",
    "to": "to",
    "cc": "to",
    "bcc": "to",
    "收件人": "to",
    "subject": "subject",
    "主题": "subject",
    "filename": "filename",
    "file": "filename",
}
_FILTERS = ("before", "早于", "after", "晚于", "in", "文件夹")
_STATES = {
    "unread": "unread",
    "未读": "unread",
    "read": "read",
    "已读": "read",
    "flagged": "flagged",
    "starred": "flagged",
    "星标": "flagged",
    "answered": "answered",
    "replied": "answered",
    "已回复": "answered",
    "draft": "draft",
}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?$")
_AGO = re.compile(r"(\d{1,4})([dwmy天周月年])$")
_DAYS = {"d": 1, "天": 1, "w": 7, "周": 7, "m": 30, "月": 30, "y": 365, "年": 365}


@dataclass(frozen=True, slots=True)
class Term:
    """Text to find in a field; `exact` keeps it from matching beginnings."""

    kind: Text
    text: str
    negated: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query: text terms, all of which must hold, and filters."""

    terms: tuple[Term, ...] = ()
    folder: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    states: frozenset[str] = field(default=frozenset())


def parse_query(text: str, now: datetime) -> Query:
    """Read what was typed. Raises Invalid with what is wrong, in plain words."""
    if len(text) > _LONGEST_QUERY:
        raise Invalid(f"A search has at most {_LONGEST_QUERY} characters.")
    terms: list[Term] = []
    filters: dict[str, datetime | str] = {}
    states: set[str] = set()
    for match in _TERM.finditer(text):
        operator = (match["operator"] or "").lower()
        phrase = match["phrase"]
        value = phrase if phrase is not None else match["word"]
        negated = match["minus"] is not None
        if negated and operator in _FILTERS:
            raise Invalid(f"“{operator}:” cannot be turned round by a minus.")
        if operator in ("before", "早于", "after", "晚于"):
            side = "before" if operator in ("before", "早于") else "after"
            filters[side] = _moment(value, now)
        elif operator in ("in", "文件夹"):
            filters["folder"] = value
        elif operator in ("is", "状态"):
            states.add(_state(value, negated))
        elif operator in ("has", "附件"):
            terms.append(_has(operator, value, negated))
        elif operator in _TEXT_OPERATORS:
            terms.append(Term(_TEXT_OPERATORS[operator], value, negated, phrase is not None))
        else:
            whole = value if not operator else f"{match['operator']}:{value}"
            terms.append(Term("any", whole, negated, phrase is not None))
    if len(terms) > _MOST_TERMS:
        raise Invalid(f"A search has at most {_MOST_TERMS} words.")
    return Query(terms=tuple(terms), states=frozenset(states), **filters)  # type: ignore[arg-type]


def _has(operator: str, value: str, negated: bool) -> Term:
    if operator == "附件" and value not in ("有", "是"):
        return Term("filename", value, negated)
    if value.lower() not in ("attachment", "attachments", "file", "files", "附件", "有", "是"):
        raise Invalid("“has:” knows “has:attachment”.")
    return Term("has", "attachment", negated)


def _state(value: str, negated: bool) -> str:
    state = _STATES.get(value.lower())
    if state is None:
        raise Invalid("“is:” knows unread, read, flagged, answered and draft.")
    return f"not {state}" if negated else state


def _moment(value: str, now: datetime) -> datetime:
    if match := _AGO.match(value):
        try:
            return now - timedelta(days=int(match[1]) * _DAYS[match[2]])
        except OverflowError:
            raise Invalid(f"“{value}” is before the calendar begins.") from None
    if match := _DATE.match(value):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError:
            raise Invalid(f"“{value}” is not a date.") from None
        return datetime.combine(day, time(), UTC)
    raise Invalid(f"“{value}” is not a date: write 2026-11-01, or 7d for seven days ago.")
