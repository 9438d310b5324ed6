"""Who changed what of a company or contact, and when. Owns the table record_changes."""

from posthouse.crm.history.actions import list_changes, record_changes
from posthouse.crm.history.model import Field, RecordedChange, differences

__all__ = ["Field", "RecordedChange", "differences", "list_changes", "record_changes"]
