"""Somebody else's client: sieve-connect, over STARTTLS."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from posthouse.servers.managesieve.tests.conftest import PASSWORD, Serve
from posthouse.servers.smtp.tests.town import server_context

pytestmark = pytest.mark.interop


async def test_sieve_connect(serve: Serve, tmp_path: Path):
    server = await serve(tls=server_context(tmp_path), plaintext_auth="off")
    script = tmp_path / "holiday.sieve"
    script.write_text('require "vacation";\nvacation "回来再说。";\n')

    async def use(*arguments: str | Path) -> str:
        """One run of the program, with a password that no command line shows."""
        reading, writing = os.pipe()
        os.write(writing, PASSWORD.encode() + b"\n")
        os.close(writing)
        done = await asyncio.to_thread(
            subprocess.run,
            [
                *("sieve-connect", "--server", "localhost", "--port", str(server.port)),
                *("--nosslverify", "--user", "anna@acme.example"),
                *("--passwordfd", str(reading), *arguments),
            ],
            capture_output=True,
            pass_fds=(reading,),
            timeout=60,
            check=False,
        )
        os.close(reading)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode()

    await use("--upload", "--localsieve", script, "--remotesieve", "holiday")
    await use("--activate", "--remotesieve", "holiday")
    assert '"holiday" ACTIVE' in await use("--list")
    fetched = tmp_path / "fetched.sieve"
    await use("--download", "--remotesieve", "holiday", "--localsieve", fetched)
    assert fetched.read_bytes() == script.read_bytes()
    await use("--deactivate")
    await use("--delete", "--remotesieve", "holiday")
    assert "holiday" not in await use("--list")
