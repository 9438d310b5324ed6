"""Gmail and Google Workspace over the Gmail API: labels for folders, one history for the account.

The mirror is that of Gmail over IMAP: what has a label lies in that label's folder, once in each;
All Mail is the archive and has what no other folder shows.
"""
