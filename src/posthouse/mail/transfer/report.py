"""What an import tells of itself."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ImportReport:
    """What an import did. `failures` are (place, reason); so are the folders `left_out`."""

    filed: int = 0
    repeated: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        told = {
            name: [{"place": place, "reason": reason} for place, reason in entries]
            for name, entries in (("failures", self.failures), ("left_out", self.left_out))
        }
        return {"filed": self.filed, "repeated": self.repeated, **told}
