"""A folder that is dear to make is made once per run, and copied."""

import atexit
import shutil
import subprocess
from collections.abc import Callable, Hashable
from pathlib import Path

from tests.support.postgres import data_folder

_made: dict[Hashable, Path] = {}


def copy_of(name: Hashable, make: Callable[[Path], None], folder: Path) -> None:
    """Fill `folder` with what `make` has made of an empty one."""
    if name not in _made:
        template = data_folder()
        atexit.register(shutil.rmtree, template, ignore_errors=True)
        make(template)
        _made[name] = template
    subprocess.run(["cp", "--archive", f"{_made[name]}/.", folder], check=True)  # owners, too
