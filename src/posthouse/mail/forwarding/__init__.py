"""Mail for aliases and groups that goes on to addresses elsewhere, until the outbox has it.

Owns forward_letters. Which addresses those are is `mail/addressing`; how they are reached, and
under which return path, is `sending/outbox`.
"""
