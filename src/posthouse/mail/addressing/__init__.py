"""Which mailboxes a hosted address means: its own, an alias, a group, a catch-all, a plus-address.

Owns group_mailboxes and forward_targets (addresses elsewhere), and the rows of mailbox_addresses
that no mailbox was made with.
"""
