"""What each process `mail` runs."""

from posthouse.foundation.serving import Running
from posthouse.roles.intake import intake_of
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.receipts import report_delivered
from posthouse.servers.imap import serve as imap
from posthouse.servers.managesieve import serve as managesieve
from posthouse.servers.pop3 import serve as pop3
from posthouse.servers.smtp import serve as smtp

RUNNING = {
    "smtp": Running(smtp.mx_role(intake_of, report_delivered)),
    "lmtp": Running(smtp.lmtp_role(intake_of, report_delivered)),
    "submission": Running(smtp.submission_role("submission", enqueue)),
    "submissions": Running(smtp.submission_role("submissions", enqueue)),
    "imap": Running(imap.imap_role("imap")),
    "imaps": Running(imap.imap_role("imaps")),
    "pop3": Running(pop3.pop3_role("pop3")),
    "pop3s": Running(pop3.pop3_role("pop3s")),
    "managesieve": Running(managesieve.serve),
}
