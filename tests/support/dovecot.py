"""A Dovecot whose mailbox is brought over here, by IMAP or POP3: TLS, special uses, own names."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.authority import issue, make_authority
from tests.support.ports import free_ports
from tests.support.programs import folder_for, wait_until_it_listens

PASSWORD = "horses-at-the-gate"
_MAIL_UID = 8  # Debian's own "mail"
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{shown}
ssl_key = <{shown}
disable_plaintext_auth = no
auth_mechanisms = plain login {by_token}
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
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
  separator = .
  mailbox Gesendet {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Everything {{
    auto = create
    special_use = \\All
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {folder}/sasl {{
    mode = 0666
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class OldServer:
    """Where it listens, and the certificate of who signed its certificate.

    `shown` is its own with its key, `sasl` where a Postfix asks it for passwords.
    """

    imap: int
    imaps: int
    pop3: int
    pop3s: int
    authority: Path
    shown: Path
    sasl: Path


_MANY_SESSIONS = """\
default_process_limit = {most}
default_client_limit = {clients}
mail_max_userip_connections = {most}
service imap-login {{
  service_count = 0
  process_limit = 2
}}
"""
_BY_TOKEN = """\
xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2
}}"""
_INTROSPECTION = """\
introspection_mode = post
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


@contextlib.contextmanager
def old_server(*, introspection: int | None = None, most_sessions: int = 0) -> Iterator[OldServer]:
    """It takes every name with PASSWORD, and the tokens that are good at that port (RFC 7662).

    `most_sessions`: for more than the hundred or so that Dovecot lets in by itself.
    """
    with folder_for("dovecot") as folder:
        imap, imaps, pop3, pop3s = free_ports(4)
        for name in ("mail", "home"):
            (folder / name).mkdir()
            os.chown(folder / name, _MAIL_UID, _MAIL_UID)
        authority = make_authority()
        (folder / "authority.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        issued = issue(authority, "localhost")
        issued.server_context(folder)
        shown = folder / f"{issued.certificate.serial_number}.pem"
        if introspection is not None:
            (folder / "oauth2").write_text(_INTROSPECTION.format(port=introspection))
        config = folder / "dovecot.conf"
        many = _MANY_SESSIONS.format(most=most_sessions, clients=4 * most_sessions)
        config.write_text(
            (many if most_sessions else "")
            + _CONFIG.format(
                folder=folder,
                shown=shown,
                uid=_MAIL_UID,
                imap=imap,
                imaps=imaps,
                pop3=pop3,
                pop3s=pop3s,
                password=PASSWORD,
                by_token=_BY_TOKEN.format(folder=folder) if introspection else "",
            )
        )
        server = subprocess.Popen(["dovecot", "-F", "-c", str(config)])
        try:
            wait_until_it_listens(imap, server, folder / "log")
            yield OldServer(
                imap, imaps, pop3, pop3s, folder / "authority.pem", shown, folder / "sasl"
            )
        finally:
            server.terminate()
            server.wait(20)
