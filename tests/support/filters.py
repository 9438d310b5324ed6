"""clamd and rspamd as they come from Debian, on loopback ports, with what tests need."""

import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.ports import free_ports
from tests.support.programs import wait_until_it_listens

# The EICAR test file in two halves, so that no scanner takes this file for it.
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# Texts that rspamd is made to know: https://docs.rspamd.com/other/gtube_patterns/
_GTUBE = "JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
REJECTED, ADD_HEADER = f"X{_GTUBE}", f"Y{_GTUBE}"


@contextlib.contextmanager
def running_clamd(folder: Path) -> Iterator[str]:
    """HOST:PORT of a clamd that knows one signature: EICAR's, as Posthouse.Test.Eicar."""
    signatures = folder / "signatures"
    signatures.mkdir()
    line = f"Posthouse.Test.Eicar:0:*:{EICAR.encode().hex()}\n"
    (signatures / "test.ndb").write_text(line)
    [port] = free_ports(1)
    config = folder / "clamd.conf"
    config.write_text(
        f"DatabaseDirectory {signatures}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"LogFile {folder / 'clamd.log'}\nStreamMaxLength 1M\nMaxThreads 2\n"
        "ConcurrentDatabaseReload no\nSelfCheck 0\n"
    )
    program = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "the Debian package clamav-daemon is missing"
    with _running([program, "--config-file", str(config)], folder, port):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def running_rspamd(folder: Path) -> Iterator[str]:
    """HOST:PORT of an rspamd that knows nothing but its own test texts."""
    [port] = free_ports(1)
    config = folder / "rspamd.conf"
    config.write_text(
        f"""
        options {{ filters = ""; enable_test_patterns = true; disable_hyperscan = true;
          tempdir = "{folder}";
          control_socket = "{folder}/control.sock mode=0600"; one_shot = true;
          dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }} }}
        logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "warning"; }}
        worker "controller" {{ bind_socket = "127.0.0.1:{port}"; count = 1;
          secure_ip = "127.0.0.1"; }}
        classifier "bayes" {{ tokenizer {{ name = "osb"; }} backend = "sqlite3"; min_learns = 1;
          cache {{ path = "{folder}/learned.sqlite"; }}
          statfile {{ symbol = "BAYES_SPAM"; path = "{folder}/spam.sqlite"; spam = true; }}
          statfile {{ symbol = "BAYES_HAM"; path = "{folder}/ham.sqlite"; spam = false; }} }}
        actions {{ reject = 15; add_header = 6; greylist = 4; }}
        """
    )
    program = shutil.which("rspamd")
    assert program is not None, "the Debian package rspamd is missing"
    with _running([program, "-f", "-i", "-c", str(config)], folder, port):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_it_listens(port, process, folder / "output")
            yield
        finally:
            process.terminate()
            process.wait(20)


def learned_by(rspamd: str) -> int:
    """How many mails an rspamd has learned from."""
    with urllib.request.urlopen(f"http://{rspamd}/stat", timeout=10) as answer:
        counted: int = json.load(answer)["learned"]
        return counted
