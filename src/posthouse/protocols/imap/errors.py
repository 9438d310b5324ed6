"""Why a command cannot be taken, in IMAP's own words."""


class ImapError(Exception):
    """A command is answered with `condition`, `code` in brackets and `text`."""

    condition = "NO"

    def __init__(self, text: str, *, code: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class BadCommand(ImapError):
    """The client broke the grammar or the order of the protocol (RFC 3501 7.1.3)."""

    condition = "BAD"


class Refusal(ImapError):
    """The command is well formed and cannot be done (RFC 3501 7.1.2)."""
