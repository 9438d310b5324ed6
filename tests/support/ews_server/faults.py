"""What a test has the server do instead of an answer, once or several times."""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass(frozen=True, kw_only=True)
class Instead:
    """`status` and `body`, or a connection that ends: before anything is done (`cut` 0), or after
    that many octets of the answer.
    """

    status: int = 200
    body: str = ""
    headers: tuple[str, ...] = ()
    cut: int | None = None


@dataclass
class Faults:
    """By the name of the operation; "" is any. The first that fits is used up."""

    waiting: list[tuple[str, Instead]] = field(default_factory=list)
    # Item id → response code: what GetItem says of it.
    items: dict[str, str] = field(default_factory=dict)
    # Called with the operation's name before it is done.
    before: Callable[[str], None] | None = None

    def add(self, operation: str, instead: Instead, *, times: int = 1) -> None:
        self.waiting += [(operation, instead)] * times

    def take(self, operation: str) -> Instead | None:
        for place, (name, instead) in enumerate(self.waiting):
            if name in ("", operation):
                del self.waiting[place]
                return instead
        return None


def busy(milliseconds: int) -> Instead:
    """HOW ews-throttling-in-exchange, table 4: HTTP 500, ErrorServerBusy, BackOffMilliseconds."""
    hint = f'<t:Value Name="BackOffMilliseconds">{milliseconds}</t:Value>'
    return code(
        "ErrorServerBusy",
        "The server cannot service this request right now. Try again later.",
        f"<t:MessageXml>{hint}</t:MessageXml>",
    )


def code(name: str, said: str = "", more: str = "") -> Instead:
    """A SOAP fault with a response code (EWS responsecode)."""
    return Instead(status=500, body=fault(name, said, more))


def http(status: int, *headers: str) -> Instead:
    """IIS itself."""
    return Instead(status=status, headers=headers)


def cut(after: int = 0, *, done: bool = False) -> Instead:
    """The connection ends: before anything was done, or when it is done and nothing was said."""
    return Instead(cut=max(after, 1) if done else after)


def fault(name: str, said: str = "", more: str = "") -> str:
    """What stands in the body of SOAP."""
    return (
        '<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">'
        f'a:{name}</faultcode><faultstring xml:lang="en-US">{escape(said)}</faultstring><detail>'
        '<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">'
        f"{name}</e:ResponseCode>"
        '<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">'
        f"{escape(said)}</e:Message>{more}</detail></s:Fault>"
    )
