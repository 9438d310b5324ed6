"""The kinds in which a room refuses. Each edge owns one table from kind to its own reply."""


class Refusal(Exception):
    """A refusal with a reason that may be shown to a person: plain words, no internals."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class NotFound(Refusal):
    """There is no such thing, or the actor may not know that there is."""


class Conflict(Refusal):
    """The thing is not in a state that allows this, or it exists already."""


class Denied(Refusal):
    """The actor may know of the thing but may not do this to it."""


class Unauthenticated(Refusal):
    """Nobody is signed in, or the credentials are wrong."""


class Invalid(Refusal):
    """What was given cannot be understood or breaks a rule; `field` names it when known."""


class TooLarge(Refusal):
    """More bytes, rows or recipients than allowed."""


class Full(Refusal):
    """No room is left for it. Room can be made: trying again later may work."""


class LongFull(Full):
    """No room was made for days, or what came is larger than there can ever be room for."""


class Busy(Refusal):
    """Not now: a limit, a full disk, a database that is starting. Trying again later may work."""

    def __init__(self, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
