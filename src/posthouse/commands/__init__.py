"""The commands of the operator. Each works while the server runs and while it does not."""

from posthouse.commands.app import main

__all__ = ["main"]
