"""Linked accounts that speak POP3: one list of mail, no folders, no flags.

A message's number lives as long as a session, its UIDL is what the server thinks of. *Keeping* is
how long mail that is here stays there: for ever, some days, not at all.
"""
