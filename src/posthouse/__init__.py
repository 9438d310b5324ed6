"""Posthouse: mail system, customer mailbox and mail marketing in one program."""
