"""Maildrops: an Inbox as POP3 sees it, for one session at a time. Owns maildrop_leases."""

from posthouse.mail.maildrops.actions import enter, keep, leave, remove
from posthouse.mail.maildrops.model import LEASE, RENEW, Maildrop

__all__ = ["LEASE", "RENEW", "Maildrop", "enter", "keep", "leave", "remove"]
