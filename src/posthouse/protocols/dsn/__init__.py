"""Delivery status notifications (RFC 3464): what we send for what failed, and what comes back."""

from posthouse.protocols.dsn.build import Recipient, Report, build_dsn
from posthouse.protocols.dsn.read import Reported, read_dsn

__all__ = ["Recipient", "Report", "Reported", "build_dsn", "read_dsn"]
