"""Linked accounts over a provider's own interface, which knows each mail by a key of its own.

`driver.py` is what a protocol must do (`graph`, `gmail` and `ews` each do it); everything else here
is the same for all of them.
"""
