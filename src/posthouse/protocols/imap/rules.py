"""Who may say what when (RFC 3501 3), and what the server says it can do."""

from enum import Enum

from posthouse.protocols.imap import commands as c


class State(Enum):
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"


_ANYWHERE = frozenset(State)
_SIGNED_IN = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED = frozenset({State.SELECTED})
_NOT_YET = frozenset({State.NOT_AUTHENTICATED})

ALLOWED: dict[type[c.Command], frozenset[State]] = {
    **dict.fromkeys((c.Capability, c.Noop, c.Logout, c.Id), _ANYWHERE),
    **dict.fromkeys((c.StartTls, c.Authenticate, c.Login), _NOT_YET),
    **dict.fromkeys((c.Enable, c.Select, c.Create, c.Delete, c.Rename, c.Subscribe), _SIGNED_IN),
    **dict.fromkeys((c.List, c.Namespace, c.Status, c.Append, c.Idle, c.Compress), _SIGNED_IN),
    **dict.fromkeys((c.MyRights, c.GetAcl, c.ListRights, c.SetAcl), _SIGNED_IN),
    **dict.fromkeys((c.GetMetadata, c.SetMetadata), _SIGNED_IN),
    **dict.fromkeys((c.GetQuota, c.GetQuotaRoot, c.SetQuota), _SIGNED_IN),
    **dict.fromkeys((c.Close, c.Expunge, c.Search, c.Sort, c.Thread), _SELECTED),
    **dict.fromkeys((c.Fetch, c.Store, c.Copy), _SELECTED),
}

_BASE = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE"
_SIGNED_IN_EXTRA = (
    "NAMESPACE ACL RIGHTS=kxte CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE"
    " UIDPLUS MOVE UNSELECT CONDSTORE QRESYNC BINARY UTF8=ACCEPT COMPRESS=DEFLATE"
    " ESEARCH SEARCHRES WITHIN I18NLEVEL=1"
    " QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE METADATA LIST-METADATA"
    " OBJECTID PREVIEW SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES"
)


def may(command: c.Command, state: State) -> bool:
    return state in ALLOWED[type(command)]


def works_on_messages(command: c.Command) -> bool:
    """Whether it is for the selected state alone."""
    return ALLOWED[type(command)] is _SELECTED


def may_expunge_during(command: c.Command) -> bool:
    """Whether EXPUNGE may be said while this is in progress (RFC 3501 7.4.1, RFC 5256 3)."""
    numbered = c.Fetch | c.Store | c.Search | c.Sort | c.Thread
    return not isinstance(command, numbered) or command.by_uid


def capabilities(
    state: State,
    *,
    append_limit: int,
    mechanisms: tuple[str, ...] = (),
    starttls: bool = False,
    login: bool = False,
) -> str:
    """The capability line; `mechanisms` and `login` count until someone signs in."""
    if state is not State.NOT_AUTHENTICATED:
        return f"{_BASE} {_SIGNED_IN_EXTRA} APPENDLIMIT={append_limit}"
    words = [_BASE]
    if starttls:
        words.append("STARTTLS")
    words += [f"AUTH={mechanism}" for mechanism in mechanisms]
    if not login:
        words.append("LOGINDISABLED")
    return " ".join(words)
