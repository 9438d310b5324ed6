"""A real authority of certificates for tests: Let's Encrypt's Pebble, on ports of its own."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.authority import issue, make_authority
from tests.support.ports import free_ports
from tests.support.programs import wait_until_it_listens


@dataclass(frozen=True, slots=True)
class Pebble:
    """`trust` is PEM of who vouches for its API; it looks for challenges at `challenge_port`."""

    directory: str
    trust: str
    challenge_port: int
    management: str

    def root(self) -> str:
        """PEM of the root of what it gives; a new one at every start."""
        return httpx.get(f"{self.management}/roots/0", verify=False).text


@contextlib.contextmanager
def running_pebble(
    folder: Path, resolver: str, challenge_port: int | None = None
) -> Iterator[Pebble]:
    """From its start to its end. `resolver` is the only DNS it knows."""
    authority = make_authority()
    own = issue(authority, "localhost")
    own.server_context(folder)
    pair = str(folder / f"{own.certificate.serial_number}.pem")
    port, management, free, unused = free_ports(4)
    challenges = challenge_port or free
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": pair,
        "privateKey": pair,
        "httpPort": challenges,
        "tlsPort": unused,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
    quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    with (folder / "pebble.log").open("wb") as log:
        process = subprocess.Popen(
            ["pebble", "-config", str(folder / "pebble.json"), "-dnsserver", resolver],
            env={**os.environ, **quick},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_it_listens(port, process, folder / "pebble.log")
        yield Pebble(
            f"https://localhost:{port}/dir",
            authority.pem,
            challenges,
            f"https://localhost:{management}",
        )
    finally:
        process.terminate()
        process.wait(10)
