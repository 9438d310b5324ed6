"""Companies, contacts, how mail is linked to them, and the log of everything exchanged.

Rooms, lowest first: history and lookup, links, timeline, companies, contacts, matching.
"""
