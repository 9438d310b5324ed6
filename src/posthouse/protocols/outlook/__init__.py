"""Messages as Outlook keeps them, made mail again (RFC 5322).

letter = outlook.read_letter(data)       a `.msg` file (MS-OXMSG)
letter.raw, letter.marks                 the message, and the marks it had
store = outlook.Store(read)              a `.pst` or `.ost` file (MS-PST)
store.folders(), store.letter(id)        where its messages are, and each of them

Everything raises NotAMail with a reason in plain words.
"""

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.letter import Letter, read_letter
from posthouse.protocols.outlook.pst import Store, StoredFolder
from posthouse.protocols.outlook.pst_nodes import MAGIC as STORE_MAGIC

__all__ = ["MAGIC", "STORE_MAGIC", "Letter", "NotAMail", "Store", "StoredFolder", "read_letter"]

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB 2.2: every compound file begins so
