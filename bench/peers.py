"""Postfix and Dovecot beside us: own configuration folders, high ports on 127.0.0.1, fsync on.

Both start as root only, as their own programs insist on it.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import free_ports

ADDRESS = "anna@acme.example"
PASSWORD = "horses-at-the-gate"
_MAIL_UID = 8  # Debian's own "mail"
_DOVECOT = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
mail_fsync = always
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={folder}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service lmtp {{
  process_limit = 50
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
_POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.acme.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
in_flow_delay = 0
biff = no
"""
_TO_LMTP = """\
virtual_mailbox_domains = acme.example
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
"""
# What comes in waits until it is told to go; then all of it goes to one server.
_TO_RELAY = """\
relayhost = [127.0.0.1]:{relay}
defer_transports = smtp
"""
_POSTFIX_MASTER = """\
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
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running Dovecot."""

    imap: int
    lmtp: int
    pop3: int
    maildir: Path

    def count(self) -> int:
        """Messages in the Maildir."""
        return sum(len(os.listdir(self.maildir / part)) for part in ("new", "cur"))

    def fill(self, maildir: Path) -> None:
        """Take the messages of another Maildir over."""
        shutil.copytree(maildir, self.maildir, dirs_exist_ok=True)
        for path in (self.maildir, *self.maildir.rglob("*")):
            os.chown(path, _MAIL_UID, _MAIL_UID)


@contextlib.contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Dovecot with one Maildir, IMAP, POP3 and LMTP."""
    with _folder() as folder:
        imap, lmtp, pop3 = free_ports(3)
        for name in ("mail", "home"):
            (folder / name).mkdir()
            os.chown(folder / name, _MAIL_UID, _MAIL_UID)
        config = folder / "dovecot.conf"
        config.write_text(
            _DOVECOT.format(
                folder=folder,
                uid=_MAIL_UID,
                imap=imap,
                lmtp=lmtp,
                pop3=pop3,
                password=PASSWORD,
            )
        )
        maildir = folder / "mail" / ADDRESS
        for part in (maildir, *(maildir / each for each in ("cur", "new", "tmp"))):
            part.mkdir()
            os.chown(part, _MAIL_UID, _MAIL_UID)
        server = subprocess.Popen(["dovecot", "-F", "-c", str(config)])
        try:
            _wait_for(imap, server, folder / "log")
            yield Dovecot(imap, lmtp, pop3, maildir)
        finally:
            server.terminate()
            server.wait(20)


@dataclass(frozen=True, slots=True)
class HoldingPostfix:
    """A running Postfix that keeps what it took until `let_go`."""

    port: int
    folder: Path

    def let_go(self) -> None:
        """Deliver from now on, first what waits."""
        etc = str(self.folder / "etc")
        subprocess.run(["postconf", "-c", etc, "-e", "defer_transports="], check=True)
        for command in (["postfix", "-c", etc, "reload"], ["postqueue", "-c", etc, "-f"]):
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)

    def hold(self) -> None:
        """Keep from now on what comes in."""
        etc = str(self.folder / "etc")
        subprocess.run(["postconf", "-c", etc, "-e", "defer_transports=smtp"], check=True)
        subprocess.run(["postfix", "-c", etc, "reload"], check=True, stderr=subprocess.DEVNULL)

    def waiting(self, *queues: str) -> int:
        """Messages that are not delivered yet, in these queues or in all."""
        return sum(
            len(files)
            for queue in queues or ("maildrop", "incoming", "active", "deferred")
            for _, _, files in os.walk(self.folder / "queue" / queue)
        )


@contextlib.contextmanager
def running_postfix(lmtp: int) -> Iterator[int]:
    """Postfix that hands everything to an LMTP server; its SMTP port."""
    with _postfix(_TO_LMTP.format(lmtp=lmtp)) as (port, _):
        yield port


@contextlib.contextmanager
def holding_postfix(relay: int) -> Iterator[HoldingPostfix]:
    """Postfix that keeps what comes in for a relay at that port."""
    with _postfix(_TO_RELAY.format(relay=relay)) as (port, folder):
        yield HoldingPostfix(port, folder)


@contextlib.contextmanager
def running_sink() -> Iterator[int]:
    """Postfix's smtp-sink, which takes everything and keeps nothing; its port."""
    (port,) = free_ports(1)
    command = ["smtp-sink", "-u", "nobody", f"inet:127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command) as sink:
        try:
            _wait_for(port, sink, Path("no log"))
            yield port
        finally:
            sink.terminate()


@contextlib.contextmanager
def _postfix(destination: str) -> Iterator[tuple[int, Path]]:
    with _folder() as folder:
        (port,) = free_ports(1)
        for name in ("queue", "data", "etc"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "etc" / "main.cf").write_text(_POSTFIX_MAIN.format(folder=folder) + destination)
        (folder / "etc" / "master.cf").write_text(_POSTFIX_MASTER.format(smtp=port))
        command = ["postfix", "-c", str(folder / "etc")]
        server = subprocess.Popen([*command, "start-fg"], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, server, folder / "log")
            yield port, folder
        finally:
            subprocess.run([*command, "stop"], check=False, stderr=subprocess.DEVNULL)
            server.wait(20)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    if os.geteuid() != 0:
        raise PermissionError("Postfix and Dovecot start as root only: run this bench as root.")
    folder = Path(tempfile.mkdtemp(prefix="posthouse-peer-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    said = log.read_text() if log.exists() else ""
    raise RuntimeError(f"{server.args!r} does not listen:\n{said}")
