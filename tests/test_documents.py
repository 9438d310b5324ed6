"""What the documents name is there: files, functions, settings, and links between pages."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pytest

from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.mail.search import query

_ROOT = Path(__file__).resolve().parent.parent
# Paths in documents are short: the rooms of the program and of the page are meant without these.
_STARTS = ("", "src/posthouse/", "frontend/src/")
# On the operator's machine, not in the repository.
_ELSEWHERE = ("/", "DATA/", "postgres/", "keys/", "tls/", "run/")
_PAGES = sorted(chain(_ROOT.glob("*.md"), _ROOT.glob("docs/**/*.md")))

# `mail/intake/actions.py` `Intake.accept`, `Intake.check_recipient`
_FILE = re.compile(
    r"`(?P<path>[\w./-]+\.(?:py|tsx?|sql|sh|toml|txt|css))`(?P<names>(?:,?\s+`[A-Za-z_][\w.]*`)*)"
)
_FOLDER = re.compile(r"`(?P<path>[a-z_-]+(?:/[a-z_-]+)+)/`")
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)(?P<path>[^)#]+)")
_SETTING = re.compile(r"\bPOSTHOUSE_([A-Z_]+)\b")


def _found(name: str) -> Path | None:
    return next((_ROOT / s / name for s in _STARTS if (_ROOT / s / name).exists()), None)


def _defines(source: str, name: str) -> bool:
    """Whether a file defines each part of `Class.method`: a function, class, value, statement."""
    return all(
        re.search(
            rf"\b(?:def|class|function|const|let|type|interface|CREATE TABLE)\s+{part}\b"
            rf"|^\s*{part}\b\s*[:=(]|^-- {part} --$|['\"]{part}['\"]",
            source,
            re.MULTILINE,
        )
        for part in map(re.escape, name.split("."))
    )


def _complaints(page: Path) -> Iterator[str]:
    text = page.read_text("utf-8")
    for match in _FILE.finditer(text):
        file = _found(match["path"])
        if file is None:
            if "/" in match["path"] and not match["path"].startswith(_ELSEWHERE):
                yield f"there is no {match['path']}"
            continue
        source = file.read_text("utf-8")
        for name in re.findall(r"`([\w.]+)`", match["names"]):
            if not _defines(source, name):
                yield f"{match['path']} has no {name}"
    for match in _FOLDER.finditer(text):
        if _found(match["path"]) is None:
            yield f"there is no folder {match['path']}"
    for match in _LINK.finditer(text):
        if not (page.parent / match["path"].strip()).exists():
            yield f"the link to {match['path']} leads nowhere"
    known = {field.name for field in fields(Settings)} | set(DEFAULT_LISTENERS)
    for name in _SETTING.findall(text):
        if name.lower() not in known:
            yield f"there is no setting POSTHOUSE_{name}"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_a_page_names_only_what_is_there(page: Path):
    assert list(_complaints(page)) == []


def test_names_that_are_not_there_are_found():
    source = "class A:\n    async def b(self): ...\nC = 1\n"
    assert _defines(source, "A.b")
    assert _defines(source, "C")
    assert not _defines(source, "A.c")


def test_every_setting_is_in_the_table():
    table = (_ROOT / "docs" / "operating" / "settings.md").read_text("utf-8")
    names = {field.name for field in fields(Settings)} - {"listeners"} | set(DEFAULT_LISTENERS)
    assert [name for name in sorted(names) if f"POSTHOUSE_{name.upper()}`" not in table] == []


def test_every_dependency_says_what_it_was_compared_to():
    table = (_ROOT / "docs" / "decisions" / "dependencies.md").read_text("utf-8")
    written = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    used: set[str] = set()
    for file in ("requirements.in", "requirements-build.in", "requirements-dev.in"):
        lines = (_ROOT / file).read_text("utf-8").splitlines()
        used |= {m[0] for line in lines if (m := re.match(r"[A-Za-z][\w-]*", line))}
    page = json.loads((_ROOT / "frontend" / "package.json").read_text("utf-8"))
    used |= {*page["dependencies"], *page["devDependencies"]}
    assert sorted(used ^ written) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_key_of_the_page_is_told(language: str):
    table = (_ROOT / "frontend/src/shared/keys/table.ts").read_text("utf-8")
    told = (_ROOT / "docs/using" / language / "keyboard.md").read_text("utf-8")
    keys = {key for found in re.findall(r"keys: \[([^\]]*)\]", table) for key in _quoted(found)}
    assert len(keys) > 40
    assert sorted(key for key in keys - _ARROWS if f"`{_as_printed(key)}`" not in told) == []


_ARROWS = {"up", "down"}
_PRINTED = {"escape": "Esc"}


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']+)'", text)


def _as_printed(key: str) -> str:
    """`mod+shift+l` as `Mod+Shift+L`; single letters stay small."""
    if key in _PRINTED:
        return _PRINTED[key]
    return "+".join(part.capitalize() for part in key.split("+")) if len(key) > 3 else key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_operator_of_the_search_is_told(language: str):
    told = (_ROOT / "docs/using" / language / "search.md").read_text("utf-8")
    words = {"before", "早于", "after", "晚于", "in", "文件夹", "is", "状态", "has", "附件"}
    words |= set(query._TEXT_OPERATORS)
    assert sorted(word for word in words if f"`{word}:" not in told) == []
    states = {word for word in query._STATES if word.isascii() == (language == "en")}
    assert sorted(word for word in states if word not in told) == []
