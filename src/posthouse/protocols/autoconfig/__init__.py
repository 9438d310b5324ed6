"""How mail programs learn their settings by themselves: for Thunderbird, Outlook, Apple."""

from posthouse.protocols.autoconfig.apple import apple_profile
from posthouse.protocols.autoconfig.model import Protocol, Service
from posthouse.protocols.autoconfig.outlook import (
    OutlookError,
    outlook_error,
    outlook_settings,
    read_outlook_request,
)
from posthouse.protocols.autoconfig.thunderbird import thunderbird_config

__all__ = [
    "OutlookError",
    "Protocol",
    "Service",
    "apple_profile",
    "outlook_error",
    "outlook_settings",
    "read_outlook_request",
    "thunderbird_config",
]
