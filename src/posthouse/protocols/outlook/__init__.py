"""Messages that Outlook saved as `.msg` files (MS-OXMSG), made mail again (RFC 5322).

letter = outlook.read_letter(data)       Raises NotAMail with a reason in plain words
letter.raw, letter.flags                 the message, and the marks it had
"""

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.letter import Letter, read_letter

__all__ = ["MAGIC", "Letter", "NotAMail", "read_letter"]

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB 2.2: every compound file begins so
