"""How long mail stays: rules of a workspace for its folders, and the sweep that follows them.

Owns the table retention_rules. The sweep takes mail out of folders; what lies in none any more is
erased like everything that members delete (mail/mailboxes/erasing.py), or kept by a legal hold.
"""
