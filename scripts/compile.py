#!/usr/bin/env python3
"""Compile the modules of compiled.txt beside their sources, if they have changed since.

Without a C compiler and Python's headers everything works as well, only slower: that is said, and
is no error.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src"
STAMP = ROOT / ".make" / "compiled"
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
_WORK = "--work"


def modules() -> list[Path]:
    """The sources that are to be compiled."""
    lines = (ROOT / "scripts" / "compiled.txt").read_text().splitlines()
    return [SOURCES / "posthouse" / each for each in lines if each and not each.startswith("#")]


def state_of_sources() -> str:
    """What the compiled modules depend on."""
    digest = hashlib.sha256(f"{sys.version} {version('mypy')}".encode())
    for each in modules():
        digest.update(each.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the sources are what was compiled last, or found to be uncompilable here."""
    return STAMP.exists() and STAMP.read_text().split()[0] == state_of_sources()


def is_stale() -> bool:
    """Whether something is compiled that is not what the sources say."""
    return bool(compiled()) and not is_current()


def main() -> None:
    """Compile what has changed."""
    if is_current():
        return
    remove()
    if obstacle():  # as root on Debian it goes away
        subprocess.run([ROOT / "scripts" / "debian-packages.sh", "compile"], capture_output=True)
    hindered = obstacle() or _compile()
    if hindered:
        remove()
        print(f"Not compiled, so mail takes a quarter longer: {hindered}.", file=sys.stderr)
    STAMP.write_text(f"{state_of_sources()} {'no' if hindered else 'yes'}\n")


def compiled() -> list[Path]:
    """What lies beside the sources, made for this Python."""
    return [*SOURCES.glob(f"*__mypyc{SUFFIX}"), *(SOURCES / "posthouse").rglob(f"*{SUFFIX}")]


def remove() -> None:
    """What was compiled before."""
    STAMP.unlink(missing_ok=True)
    for each in compiled():
        each.unlink()


def obstacle() -> str | None:
    """What is missing here."""
    compiler = sysconfig.get_config_var("CC") or ""
    if not shutil.which(compiler.partition(" ")[0]):
        return "there is no C compiler (Debian: gcc, libc6-dev)"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python's headers are missing (Debian: python3-dev)"
    return None


def _compile() -> str | None:
    """What went wrong. In a process of its own, since it says a lot and ends as it likes."""
    print(f"Compiling {len(modules())} modules: half a minute.", flush=True)
    STAMP.parent.mkdir(exist_ok=True)
    log = STAMP.with_name("compiling.log")
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, __file__, _WORK], cwd=SOURCES, stdout=output, stderr=output
        )
    return f"the compiler failed, see {log}" if done.returncode else None


def _work() -> None:
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    paths = [str(each.relative_to(SOURCES)) for each in modules()]  # modules are named after them
    with tempfile.TemporaryDirectory() as folder:
        extensions = mypycify(
            paths, opt_level="2", debug_level="0", group_name="posthouse", target_dir=folder
        )
        command = build_ext(Distribution({"name": "posthouse", "ext_modules": extensions}))
        command.inplace = True
        command.build_temp = command.build_lib = folder
        command.ensure_finalized()
        command.run()


if __name__ == "__main__":
    if _WORK in sys.argv:
        _work()
    else:
        main()
