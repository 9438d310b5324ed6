"""Mail in and out in bulk: mbox, Maildir and folders of .eml in; Maildir++ and mboxrd out."""

from posthouse.mail.transfer.exporting import ExportFormat, export_mailbox
from posthouse.mail.transfer.importing import ImportReport, import_path

__all__ = ["ExportFormat", "ImportReport", "export_mailbox", "import_path"]
