"""The operator's own certificate, renewed by a program of his own while listeners show it."""

import asyncio
import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import certificate_file
from posthouse.security.certificates import showing
from posthouse.security.certificates.showing import shown_certificate


def made_for(name: str, folder: Path) -> Path:
    return certificate_file(Settings(data=folder / name, hostname=name))


def name_in(context: ssl.SSLContext) -> str:
    """A handshake in memory."""
    curious = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    curious.check_hostname, curious.verify_mode = False, ssl.CERT_NONE
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = curious.wrap_bio(back, there), context.wrap_bio(there, back, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).issuer.rfc4514_string().removeprefix("CN=")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


async def test_a_renewed_file_is_shown_without_a_restart(
    house: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(showing, "_READ_AGAIN_SECONDS", 0.01)
    own = tmp_path / "live.pem"
    shutil.copy(made_for("one.example", tmp_path), own)
    house.provide(replace(house.service(Settings), tls_certificate=own))
    async with shown_certificate(house) as context:
        assert name_in(context) == "one.example"
        half = tmp_path / "half.pem"
        half.write_text("-----BEGIN CERTIFICATE-----\n")
        half.replace(own)
        await until(lambda: "cannot be shown" in caplog.text)
        assert name_in(context) == "one.example"
        whole = tmp_path / "whole.pem"
        shutil.copy(made_for("two.example", tmp_path), whole)
        whole.replace(own)
        await until(lambda: name_in(context) == "two.example")
