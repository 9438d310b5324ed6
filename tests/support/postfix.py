"""A Postfix of its own for a test: configuration, queue and log in one folder, on a free port."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_ports
from tests.support.programs import folder_for, wait_until_it_listens

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = gate.acme.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
mynetworks =
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtp_dns_support_level = disabled
address_verify_poll_delay = 1s
"""
_MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
discard unix - - n - - discard
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one."""

    port: int
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"


@contextlib.contextmanager
def running_postfix(settings: str) -> Iterator[Postfix]:
    """With more lines of main.cf, of which the last of a name counts."""
    with folder_for("postfix") as folder:
        [port] = free_ports(1)
        for name in ("queue", "data", "etc"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder) + settings)
        (folder / "etc" / "master.cf").write_text(_MASTER.format(smtp=port))
        command = ["postfix", "-c", str(folder / "etc")]
        server = subprocess.Popen([*command, "start-fg"], stderr=subprocess.DEVNULL)
        try:
            wait_until_it_listens(port, server, folder / "log")
            yield Postfix(port, folder)
        finally:
            subprocess.run([*command, "stop"], check=False, stderr=subprocess.DEVNULL)
            server.wait(20)
