"""Aggregate reports that arrive about hosted domains: recognised, kept, and what they say in sum.

Owns the tables of migration 0061.
"""
