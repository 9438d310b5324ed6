"""Linked accounts: mailboxes elsewhere, each mirrored two-way into one mailbox of ours.

A *visit* is one pass over an account. Its driver speaks the other server's protocol, `plan` says
what differs, `apply` does it, the *ledger* knows every *remote item*, and `pushing` carries our own
changes over.
"""
