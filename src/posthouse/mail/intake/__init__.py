"""The one door in: every arriving message is routed, verified, filtered and filed here."""

from posthouse.mail.intake.actions import Intake
from posthouse.mail.intake.model import Arrival, Recipient

__all__ = ["Arrival", "Intake", "Recipient"]
