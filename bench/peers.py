"""Postfix and Dovecot beside us: own configuration folders, high ports on 127.0.0.1, fsync on."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import postfix
from tests.support.ports import free_ports
from tests.support.programs import folder_for, wait_until_it_listens

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
mail_max_userip_connections = 100
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
_POSTFIX = """\
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
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
    with folder_for("dovecot") as folder:
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
            wait_until_it_listens(imap, server, folder / "log")
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
    with postfix.running_postfix(_POSTFIX + _TO_LMTP.format(lmtp=lmtp)) as running:
        yield running.port


@contextlib.contextmanager
def holding_postfix(relay: int) -> Iterator[HoldingPostfix]:
    """Postfix that keeps what comes in for a relay at that port."""
    with postfix.running_postfix(_POSTFIX + _TO_RELAY.format(relay=relay)) as running:
        yield HoldingPostfix(running.port, running.folder)


@contextlib.contextmanager
def running_sink() -> Iterator[int]:
    """Postfix's smtp-sink, which takes everything and keeps nothing; its port."""
    (port,) = free_ports(1)
    command = ["smtp-sink", "-u", "nobody", f"inet:127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command) as sink:
        try:
            wait_until_it_listens(port, sink, None)
            yield port
        finally:
            sink.terminate()
