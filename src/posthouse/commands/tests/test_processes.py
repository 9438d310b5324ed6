"""What the supervisor hands to its children."""

from pathlib import Path

from posthouse.commands.processes import settings_environment
from posthouse.foundation.settings import load_settings


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
