"""POP3: listeners, sessions, and the commands on a maildrop."""
