"""Delivery status notifications (RFC 3464): what we send when a message cannot be delivered."""

from posthouse.protocols.dsn.build import Recipient, Report, build_dsn

__all__ = ["Recipient", "Report", "build_dsn"]
