"""From an address elsewhere to its servers, and to how its provider lets programs sign in."""

from posthouse.mail.accounts.detection.detecting import Places, detect
from posthouse.mail.accounts.detection.model import Detection, FoundServer, Provider
from posthouse.mail.accounts.detection.providers import provider_of_server, providers

__all__ = [
    "Detection",
    "FoundServer",
    "Places",
    "Provider",
    "detect",
    "provider_of_server",
    "providers",
]
