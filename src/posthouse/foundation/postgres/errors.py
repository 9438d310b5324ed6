"""Why the embedded server cannot be used, in words for the operator."""

from posthouse.foundation.errors import Refusal


class PostgresUnusable(Refusal):
    """The server cannot be made or started; the reason says what to do about it."""
