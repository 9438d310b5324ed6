"""Certificates: the operator's is never passed over in silence."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context


def test_a_file_with_both_needs_no_second_setting(tmp_path: Path):
    server_context(Settings(data=tmp_path))
    made = tmp_path / "tls" / "self-made.pem"
    own = made.rename(tmp_path / "own.pem")
    settings = Settings(data=tmp_path, tls_certificate=own)
    assert isinstance(server_context(settings), ssl.SSLContext)
    assert not made.exists()


def test_half_a_pair_is_refused(tmp_path: Path):
    with pytest.raises(Invalid):
        server_context(Settings(data=tmp_path, tls_key=tmp_path / "key.pem"))
    with pytest.raises(Invalid):
        server_context(Settings(data=tmp_path, tls_certificate=tmp_path / "missing.pem"))


def test_a_second_start_keeps_the_certificate(tmp_path: Path):
    settings = Settings(data=tmp_path)
    server_context(settings)
    content = (tmp_path / "tls" / "self-made.pem").read_bytes()
    server_context(replace(settings, hostname="mx.acme.example"))
    assert (tmp_path / "tls" / "self-made.pem").read_bytes() == content
