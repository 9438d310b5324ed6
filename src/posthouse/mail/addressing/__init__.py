"""Which mailboxes a hosted address means: its own, an alias, a group, a catch-all, a plus-address.

Owns the table group_mailboxes, and the rows of mailbox_addresses that no mailbox was made with.
"""
