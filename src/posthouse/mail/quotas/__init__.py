"""How much a mailbox may hold: limits, what is used of them, and what is told when it runs out.

What is used stands in the rows of the folders (octets, message_count), written by the statements
that file and expunge. The limits stand in the rows of mailboxes and workspaces.
"""
