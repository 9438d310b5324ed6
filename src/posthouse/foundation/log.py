"""One line per happening on standard error: text for people, JSON for machines.

Lines carry ids, domains, counts and times. Never a subject, a body, a search word, a name or the
local part of an address: logs are outside the vault.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

# color_message: the message once more with colours, by uvicorn.
_RESERVED = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
}


def set_up_logging(form: str = "text", level: int = logging.INFO) -> None:
    """Send all loggers to standard error in `form` ("text" or "json")."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {k: v for k, v in record.__dict__.items() if k not in _RESERVED}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = (
            f"{_moment(record)} {record.levelname.lower():7} {record.name}: {record.getMessage()}"
        )
        extra = " ".join(f"{key}={value}" for key, value in _fields(record).items())
        if extra:
            line = f"{line} {extra}"
        if record.exc_info:
            line = f"{line}\n{_trace(self, record)}"
        return line


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["trace"] = _trace(self, record)
        return msgspec.json.encode(line, enc_hook=str).decode()


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Where an exception came from, without its message: a message can quote content."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return f"{type(error).__module__}.{type(error).__qualname__} at " + " < ".join(reversed(frames))
