"""Settings: the environment over the file over defaults; what is wrong is named."""

from pathlib import Path

import pytest

from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import load_settings


def written(folder: Path, text: str) -> Path:
    file = folder / "posthouse.toml"
    file.write_text(text)
    return file


def test_the_environment_wins_over_the_file(tmp_path: Path):
    written(tmp_path, 'hostname = "file"\nmx_port = 26\nlog_format = "json"\n')
    settings = load_settings(data=tmp_path, environ={"POSTHOUSE_HOSTNAME": "env"})
    assert (settings.hostname, settings.mx_port, settings.log_format) == ("env", 26, "json")


def test_listeners_are_merged_name_by_name(tmp_path: Path):
    written(tmp_path, '[listeners]\nhttp = "0.0.0.0:80"\nsmtp = "0.0.0.0:25"\n')
    settings = load_settings(
        data=tmp_path,
        environ={"POSTHOUSE_SMTP": "off"},
        overrides={"listeners": {"imap": "[::1]:143"}},
    )
    assert settings.listener("http") == ("0.0.0.0", 80)
    assert settings.listener("smtp") is None
    assert settings.listener("imap") == ("::1", 143)
    assert settings.listener("imaps") == ("127.0.0.1", 2993)


@pytest.mark.parametrize(
    "text",
    [
        "hostnam = 1",
        "hostname = 5",
        "mx_port = 'many'",
        "listeners = 5",
        "[listeners]\nhttp = 8025",
        "[listeners]\npigeon = 'x:1'",
        "plaintext_auth = 'always'",
        "mail_processes = 0",
        "mail_processes = 9",
        "microsoft_tenant = 'evil.example/x?'",
        "not toml",
    ],
)
def test_what_is_wrong_is_refused_in_words(tmp_path: Path, text: str):
    written(tmp_path, text)
    with pytest.raises(Invalid):
        load_settings(data=tmp_path, environ={})
