"""What a client or a server can do wrong."""


class BadCommand(ValueError):
    """A line that is no command, or one whose arguments make no sense."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class LineTooLong(ValueError):
    """Nobody knows where this line ends; the conversation cannot go on."""


class BadResponse(ValueError):
    """A server that speaks no POP3, or says more than any honest one; the conversation is over."""
