"""Delivery status notifications (RFC 3464): what we send for what failed, and what comes back.

What comes back: `read_notice(scan)` tells of any mail whether it is a bounce (by fields or in
words), a complaint (RFC 5965) or an automatic reply (RFC 3834), of whom, and why. `reason_of` says
why of an SMTP reply alone.
"""

from posthouse.protocols.dsn.automatic import is_automatic_reply
from posthouse.protocols.dsn.build import Recipient, Report, build_dsn
from posthouse.protocols.dsn.model import Kind, Notice, Reason, Reported, Severity, severity_of
from posthouse.protocols.dsn.notice import read_notice
from posthouse.protocols.dsn.read import read_dsn
from posthouse.protocols.dsn.reasons import Phase, phase_of, reason_of

__all__ = [
    "Kind",
    "Notice",
    "Phase",
    "Reason",
    "Recipient",
    "Report",
    "Reported",
    "Severity",
    "build_dsn",
    "is_automatic_reply",
    "phase_of",
    "read_dsn",
    "read_notice",
    "reason_of",
    "severity_of",
]
