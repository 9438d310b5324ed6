"""Bytes to objects and back: no database, no web framework, no sockets."""
