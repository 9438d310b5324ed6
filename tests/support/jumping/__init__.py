"""The wall clock of programs that a test starts, which jumps when the test says so."""

import os
from pathlib import Path


class JumpingClock:
    """Told by a file, which programs with `environment` look at whenever they ask for the time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "offset"
        self.set()
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        self.environment = {
            "JUMPING_CLOCK": str(self._file),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }

    def set(self, *, days: float = 0) -> None:
        """So many days from the true time. Readers see the old or the new."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{days * 86_400}")
        new.rename(self._file)
