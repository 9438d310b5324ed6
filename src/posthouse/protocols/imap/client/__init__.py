"""The client's side of IMAP: what servers elsewhere say, read with forbearance; commands to them.

Servers break the grammar in many ways. What cannot be followed any more (a stream without ends of
lines, sizes beyond the limits) raises BadStream; a response that cannot be read in full gives what
could be read, and never an exception.
"""
