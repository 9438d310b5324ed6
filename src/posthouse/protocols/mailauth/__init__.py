"""Who sent this mail: DKIM, SPF, DMARC and ARC verified, DKIM signed, ARC sealed, the results
written down.

Nothing here opens a socket; names are asked through `protocols.dns.Resolver`.
"""

from posthouse.protocols.mailauth.arc import ArcOutcome, ArcResult, verify_arc
from posthouse.protocols.mailauth.dkim import DkimOutcome, DkimResult, verify_dkim
from posthouse.protocols.mailauth.dmarc import DmarcOutcome, DmarcResult, Policy
from posthouse.protocols.mailauth.keys import (
    BadKey,
    KeyKind,
    dns_name,
    dns_value,
    generate_key,
    to_pem,
)
from posthouse.protocols.mailauth.results import forged_spans
from posthouse.protocols.mailauth.seal import seal
from posthouse.protocols.mailauth.sign import Signer, SigningKey, Unsignable
from posthouse.protocols.mailauth.spf import SpfOutcome, SpfResult, check_spf
from posthouse.protocols.mailauth.verify import AuthResults, verify

__all__ = [
    "ArcOutcome",
    "ArcResult",
    "AuthResults",
    "BadKey",
    "DkimOutcome",
    "DkimResult",
    "DmarcOutcome",
    "DmarcResult",
    "KeyKind",
    "Policy",
    "Signer",
    "SigningKey",
    "SpfOutcome",
    "SpfResult",
    "Unsignable",
    "check_spf",
    "dns_name",
    "dns_value",
    "forged_spans",
    "generate_key",
    "seal",
    "to_pem",
    "verify",
    "verify_arc",
    "verify_dkim",
]
