"""Certificates for our hostnames: obtained from an authority, renewed by themselves (RFC 8555)."""
