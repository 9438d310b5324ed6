"""What a client can do wrong."""


class BadCommand(ValueError):
    """A line that is no command, or one whose arguments make no sense."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class LineTooLong(ValueError):
    """Nobody knows where this line ends; the conversation cannot go on."""
