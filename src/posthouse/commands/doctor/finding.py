"""What the doctor says of one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is: a warning works still."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`says` is for people; `details` are its figures, for programs."""

    what: str
    level: Level
    says: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON has it: `ok` unless it is wrong."""
        ok = self.level is not Level.WRONG
        return {
            "what": self.what,
            "ok": ok,
            "level": self.level,
            "says": self.says,
            **self.details,
        }


def judged(what: str, ok: bool, says: str, otherwise: Level = Level.WRONG) -> Finding:
    """Well, or not."""
    return Finding(what=what, level=Level.OK if ok else otherwise, says=says)
