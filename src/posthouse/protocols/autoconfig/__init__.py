"""How mail programs learn their settings by themselves: of Thunderbird, Outlook, Apple.

Both ways: what we tell programs of our servers, and what we read of others'.
"""

from posthouse.protocols.autoconfig.apple import apple_profile
from posthouse.protocols.autoconfig.model import Offer, Protocol, Service
from posthouse.protocols.autoconfig.outlook import (
    OutlookAnswer,
    OutlookError,
    outlook_error,
    outlook_request,
    outlook_settings,
    read_outlook_request,
    read_outlook_settings,
)
from posthouse.protocols.autoconfig.thunderbird import (
    read_thunderbird_config,
    thunderbird_config,
)
from posthouse.protocols.autoconfig.xml import BadDocument

__all__ = [
    "BadDocument",
    "Offer",
    "OutlookAnswer",
    "OutlookError",
    "Protocol",
    "Service",
    "apple_profile",
    "outlook_error",
    "outlook_request",
    "outlook_settings",
    "read_outlook_request",
    "read_outlook_settings",
    "read_thunderbird_config",
    "thunderbird_config",
]
