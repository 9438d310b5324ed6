"""Amazon's HTTP interfaces: requests signed with Signature Version 4, and mail by SES version 2."""

from posthouse.protocols.aws.ses import LARGEST, Answer, Unfit, read_answer, send_email
from posthouse.protocols.aws.signing import Keys, Request, signed

__all__ = [
    "LARGEST",
    "Answer",
    "Keys",
    "Request",
    "Unfit",
    "read_answer",
    "send_email",
    "signed",
]
