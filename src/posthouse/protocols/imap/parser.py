"""From a whole command to its typed form: one small function per verb."""

from collections.abc import Callable

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import parser_acl as acl
from posthouse.protocols.imap import parser_list as listing
from posthouse.protocols.imap import parser_metadata as metadata
from posthouse.protocols.imap import parser_ordered as ordered
from posthouse.protocols.imap import parser_quota as quota
from posthouse.protocols.imap import parser_selected as selected
from posthouse.protocols.imap.dates import parse_date_time
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.imap.flags import Flags, parse_flags
from posthouse.protocols.imap.names import read_mailbox
from posthouse.protocols.imap.reader import RawCommand
from posthouse.protocols.imap.resync import parse_resync
from posthouse.protocols.imap.scanner import NOTHING_ENABLED, Enabled, Scanner

MAX_ID_FIELDS = 30  # RFC 2971 3.3

_Parse = Callable[[Scanner, bytes, str], c.Command]


class TaggedError(Exception):
    """A command failed to parse because of `cause`; `tag` is None when even that is missing."""

    def __init__(self, tag: bytes | None, verb: str, cause: BadCommand | Refusal) -> None:
        super().__init__(str(cause))
        self.tag = tag
        self.verb = verb
        self.cause = cause


def parse(raw: RawCommand, enabled: Enabled = NOTHING_ENABLED) -> c.Command:
    """Raises TaggedError for a command that breaks the grammar or asks for the impossible."""
    tag: bytes | None = None
    verb = ""
    try:
        scanner = Scanner(raw, enabled)
        tag = scanner.tag()
        scanner.space()
        verb = scanner.keyword()
        if verb == "UID":
            scanner.space()
            verb = f"UID {scanner.keyword()}"
        parse_verb = _VERBS.get(verb)
        if parse_verb is None:
            raise BadCommand("Unknown command")
        command = parse_verb(scanner, tag, verb)
        scanner.end()
        return command
    except (BadCommand, Refusal) as cause:
        raise TaggedError(tag, verb, cause) from cause


# -- any state, not authenticated ----------------------------------------------


def _bare(kind: type[c.Command]) -> _Parse:
    """The parser of a command without arguments."""
    return lambda scanner, tag, verb: kind(tag=tag, verb=verb)


def _id(scanner: Scanner, tag: bytes, verb: str) -> c.Id:
    scanner.space()
    fields: dict[str, str] = {}
    if not scanner.at(b"("):
        if scanner.nstring() is not None:
            raise BadCommand("Expected a list or NIL")
        return c.Id(tag=tag, verb=verb)
    for count in scanner.items():
        if count >= MAX_ID_FIELDS:
            raise BadCommand("Too many ID fields")
        name = scanner.string()
        scanner.space()
        value = scanner.nstring() or b""
        fields[name[:30].decode("utf-8", "replace").lower()] = value[:1024].decode(
            "utf-8", "replace"
        )
    return c.Id(tag=tag, verb=verb, fields=fields)


def _authenticate(scanner: Scanner, tag: bytes, verb: str) -> c.Authenticate:
    scanner.space()
    mechanism = scanner.keyword()
    initial = None
    if scanner.skip(b" "):
        initial = scanner.text[scanner.position :]
        scanner.position = len(scanner.text)
    return c.Authenticate(tag=tag, verb=verb, mechanism=mechanism, initial=initial)


def _login(scanner: Scanner, tag: bytes, verb: str) -> c.Login:
    scanner.space()
    name = _utf8(scanner.astring())
    scanner.space()
    return c.Login(tag=tag, verb=verb, name=name, password=_utf8(scanner.astring()))


def _utf8(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCommand("Not UTF-8") from error


# -- authenticated -------------------------------------------------------------


def _enable(scanner: Scanner, tag: bytes, verb: str) -> c.Enable:
    names = []
    while not scanner.at_end():
        scanner.space()
        names.append(scanner.keyword())
    if not names:
        raise BadCommand("Missing capability")
    return c.Enable(tag=tag, verb=verb, capabilities=tuple(names))


def _compress(scanner: Scanner, tag: bytes, verb: str) -> c.Compress:
    scanner.space()
    return c.Compress(tag=tag, verb=verb, mechanism=scanner.keyword())


def _select(scanner: Scanner, tag: bytes, verb: str) -> c.Select:
    """With the parameters of RFC 7162 3.1.8 and 3.2.5."""
    name = read_mailbox(scanner)
    condstore, resync = False, None
    if scanner.skip(b" "):
        for _ in scanner.items():
            match scanner.keyword():
                case "CONDSTORE":
                    condstore = True
                case "QRESYNC" if resync is None:
                    scanner.space()
                    resync = parse_resync(scanner)
                case _:
                    raise BadCommand("Unknown SELECT parameter")
    return c.Select(
        tag=tag,
        verb=verb,
        mailbox=name,
        read_only=verb == "EXAMINE",
        condstore=condstore,
        resync=resync,
    )


def _create(scanner: Scanner, tag: bytes, verb: str) -> c.Create:
    return c.Create(tag=tag, verb=verb, mailbox=read_mailbox(scanner))


def _delete(scanner: Scanner, tag: bytes, verb: str) -> c.Delete:
    return c.Delete(tag=tag, verb=verb, mailbox=read_mailbox(scanner))


def _rename(scanner: Scanner, tag: bytes, verb: str) -> c.Rename:
    return c.Rename(
        tag=tag, verb=verb, mailbox=read_mailbox(scanner), new_name=read_mailbox(scanner)
    )


def _subscribe(scanner: Scanner, tag: bytes, verb: str) -> c.Subscribe:
    return c.Subscribe(
        tag=tag, verb=verb, mailbox=read_mailbox(scanner), wanted=verb == "SUBSCRIBE"
    )


def _append(scanner: Scanner, tag: bytes, verb: str) -> c.Append:
    name = read_mailbox(scanner)
    scanner.space()
    flags, internal_date = Flags(), None
    if scanner.at(b"("):
        flags = parse_flags(scanner)
        scanner.space()
    if scanner.at(b'"'):
        internal_date = parse_date_time(scanner.string())
        scanner.space()
    return c.Append(
        tag=tag,
        verb=verb,
        mailbox=name,
        message=_message(scanner),
        flags=flags,
        internal_date=internal_date,
    )


def _message(scanner: Scanner) -> bytes:
    """A literal, or `UTF8 (~{n} ...)` (RFC 9755 4)."""
    utf8 = scanner.enabled.utf8_accept and scanner.skip_word(b"UTF8 (")
    if not (scanner.at(b"~{") or (scanner.at(b"{") and not utf8)):
        raise BadCommand("Expected the message as a literal")
    message = scanner.string()
    if utf8:
        scanner.expect(b")")
    return message


_VERBS: dict[str, _Parse] = {
    "CAPABILITY": _bare(c.Capability),
    "NOOP": _bare(c.Noop),
    "CHECK": _bare(c.Noop),
    "LOGOUT": _bare(c.Logout),
    "ID": _id,
    "STARTTLS": _bare(c.StartTls),
    "AUTHENTICATE": _authenticate,
    "LOGIN": _login,
    "ENABLE": _enable,
    "COMPRESS": _compress,
    "SELECT": _select,
    "EXAMINE": _select,
    "CREATE": _create,
    "DELETE": _delete,
    "RENAME": _rename,
    "SUBSCRIBE": _subscribe,
    "UNSUBSCRIBE": _subscribe,
    "LIST": listing.list_,
    "LSUB": listing.lsub,
    "NAMESPACE": _bare(c.Namespace),
    "MYRIGHTS": acl.my_rights,
    "GETACL": acl.get_acl,
    "LISTRIGHTS": acl.list_rights,
    "SETACL": acl.set_acl,
    "DELETEACL": acl.set_acl,
    "GETQUOTA": quota.get_quota,
    "GETQUOTAROOT": quota.get_quota_root,
    "SETQUOTA": quota.set_quota,
    "GETMETADATA": metadata.get_metadata,
    "SETMETADATA": metadata.set_metadata,
    "STATUS": listing.status,
    "APPEND": _append,
    "IDLE": _bare(c.Idle),
    "CLOSE": selected.close,
    "UNSELECT": selected.close,
    "EXPUNGE": _bare(c.Expunge),
    "UID EXPUNGE": selected.uid_expunge,
    "SEARCH": selected.search,
    "UID SEARCH": selected.search,
    "SORT": ordered.sort,
    "UID SORT": ordered.sort,
    "THREAD": ordered.thread,
    "UID THREAD": ordered.thread,
    "FETCH": selected.fetch,
    "UID FETCH": selected.fetch,
    "STORE": selected.store,
    "UID STORE": selected.store,
    "COPY": selected.copy,
    "UID COPY": selected.copy,
    "MOVE": selected.copy,
    "UID MOVE": selected.copy,
}
