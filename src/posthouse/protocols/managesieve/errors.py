"""What a client can do wrong."""


class BadCommand(ValueError):
    """A line that is no command, or one whose arguments make no sense."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Overlong(ValueError):
    """Longer than anything is: nobody knows where it ends, and the conversation cannot go on."""
