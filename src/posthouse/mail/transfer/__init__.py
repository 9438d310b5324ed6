"""Mail in and out in bulk: mbox, Maildir and folders of .eml in; Maildir++ and mboxrd out."""
