"""What a domain publishes about TLS to its mail hosts: MTA-STS (RFC 8461) and DANE (RFC 7672)."""

from posthouse.protocols.tls_policy.mta_sts import BadPolicy, Mode, Policy, parse_policy, record_id

__all__ = ["BadPolicy", "Mode", "Policy", "parse_policy", "record_id"]
