"""Consent in place of a password: OAuth 2.0 (RFC 6749) with PKCE (RFC 7636) for linked accounts.

A member is sent to his provider, comes back with a code, and the code becomes tokens. The access
token signs in by IMAP and SMTP; `tokens` gets a new one before it ends, one process at a time.
"""
