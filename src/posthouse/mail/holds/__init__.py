"""Legal holds: nothing of a mailbox is erased until the last hold on it is lifted.

Owns the tables legal_holds and legal_hold_exports, and mailboxes.held, which is looked at by
mail/mailboxes/erasing.py. Its member sees no difference: what was deleted is gone from the folders.
"""
