"""What the supervisor hands to its children, and what each process imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthouse.commands.processes import settings_environment
from posthouse.foundation.settings import load_settings
from posthouse.roles import MAIL, ROLES, WEB, WORK, running_in


def test_a_child_has_the_settings_of_its_parent(tmp_path: Path):
    file = tmp_path / "elsewhere.toml"
    file.write_text(
        'hostname = "mail.example.com"\nmax_message_size = 1000\ntls_key = "/etc/key.pem"\n'
        '[listeners]\nsmtp = "0.0.0.0:25"\n'
    )
    options = {"listeners": {"imap": "off"}, "plaintext_auth": "off"}
    parent = load_settings(data=tmp_path, config=file, environ={}, overrides=options)
    child = load_settings(data=tmp_path, environ=settings_environment(parent))
    assert child == parent
    assert child.hostname == "mail.example.com"


@pytest.mark.parametrize("process", [MAIL, WEB, WORK])
def test_a_process_runs_the_roles_that_the_table_gives_it(process: str):
    assert list(running_in(process)) == [n for n, role in ROLES.items() if role.process == process]


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("posthouse.commands.serve", ["posthouse.mail", "posthouse.servers", "numpy", "argon2"]),
        ("posthouse.roles.mail", ["posthouse.crm", "posthouse.servers.http", "litestar"]),
        ("posthouse.roles.work", ["posthouse.servers", "litestar"]),
    ],
)
def test_a_process_imports_what_it_needs(module: str, unused: list[str]):
    """Each start takes the time, each process the memory, of what is imported."""
    ask = f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True).stdout
    assert not set(unused) & set(json.loads(said))
