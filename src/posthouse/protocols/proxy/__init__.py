"""The PROXY protocol, versions 1 and 2: what a load balancer says before the client does."""

from posthouse.protocols.proxy.header import BadHeader, Source, read_header

__all__ = ["BadHeader", "Source", "read_header"]
