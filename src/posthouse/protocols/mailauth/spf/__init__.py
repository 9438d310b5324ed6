"""SPF (RFC 7208): may this address send for this domain?"""

from posthouse.protocols.mailauth.spf.check import SpfOutcome, SpfResult, check_spf

__all__ = ["SpfOutcome", "SpfResult", "check_spf"]
