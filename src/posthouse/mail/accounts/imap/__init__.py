"""Linked accounts that speak IMAP.

`connection` is commands and responses on the wire, `signing_in` opens it, `quirks` is what
providers do otherwise than the RFCs, `folders` reads a listing, `driver` is what a visit uses.
"""

from posthouse.mail.accounts.imap.driver import ImapDriver, connect_imap

__all__ = ["ImapDriver", "connect_imap"]
