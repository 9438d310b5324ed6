"""Why a file is no mail."""


class NotAMail(ValueError):
    """The file is damaged, or it is something else. The reason is for a person."""
