"""Who sees what behind each door: the table that tests/access/test_matrix.py goes through.

A new door (an HTTP handler, an IMAP command, a command of the command line, a function of a room
that answers with mail) needs a line here, or the build fails:

- `Door(look, sees)`: `look(scene, person)` goes through the door as that person and answers what it
  said, as text; `sees` says for each person which facets may stand in it (nothing when left out).
  A facet is recognised by its word (`scene.SUBJECT` …); `exists` and `changes` are patterns for the
  doors that only tell that there is something, or change it.
- `Plain(reason)`: the door says nothing about anyone's mail, and the reason why.

Expectations that many doors share have names: `ALL_BY_LEVEL`, `WHOLE_MAILBOX`, `WRITERS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from posthouse.foundation.errors import Refusal
from posthouse.foundation.sql import parse_statement
from posthouse.mail.mailboxes.folders import folder_by_use
from posthouse.mail.search.actions import search
from posthouse.security import access
from posthouse.security.access import Level
from tests.access.scene import Person, Scene

Look = Callable[[Scene, Person], Awaitable[str]]


class Facet(StrEnum):
    """What can be let out."""

    EXISTS = "that there is a mail"
    FOLDER = "the name of a folder"
    SENDER = "who and when"
    SUBJECT = "the subject"
    BODY = "the text"
    CHANGES = "a change took place"


Sees = Mapping[Person, frozenset[Facet]]


@dataclass(frozen=True, slots=True)
class Door:
    """A door that lets something out, to some."""

    look: Look
    sees: Sees
    exists: str | None = None
    changes: str | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A door behind which there is nobody's mail."""

    reason: str


def to(*people: Person, sees: set[Facet]) -> dict[Person, frozenset[Facet]]:
    """The same for some people."""
    return dict.fromkeys(people, frozenset(sees))


_HOLDERS = (Person.OWNER, Person.WRITER, Person.READER)


def by_level(*facets: Facet) -> Sees:
    """Of `facets`, as much as each level shows."""
    wanted = set(facets)
    upto_subject = wanted & {Facet.EXISTS, Facet.SENDER, Facet.SUBJECT}
    return (
        to(*_HOLDERS, Person.THREAD, sees=wanted)
        | to(Person.SUBJECT, sees=upto_subject)
        | to(Person.METADATA, sees=upto_subject - {Facet.SUBJECT})
    )


def whole_mailbox(*facets: Facet) -> Sees:
    """For those who hold the whole mailbox in full; mail clients have no lesser view."""
    return to(*_HOLDERS, sees=set(facets))


WRITERS: Sees = to(Person.OWNER, Person.WRITER, sees={Facet.CHANGES})


def imap(*commands: str) -> Look:
    """These IMAP commands; the last one is the door."""

    async def look(scene: Scene, person: Person) -> str:
        named = [command.replace("{person}", person.name) for command in commands]
        return await scene.imap(person, *named)

    return look


def pop3(*commands: str) -> Look:
    """These POP3 commands; the last one is the door."""

    async def look(scene: Scene, person: Person) -> str:
        return await scene.pop3(person, *commands)

    return look


def http(method: str, path: str) -> Look:
    """One request."""

    async def look(scene: Scene, person: Person) -> str:
        return await scene.http(person, method, path)

    return look


# -- IMAP: by the class of the command ------------------------------------------------------------

_SELECT = 'SELECT "{at}INBOX"'

IMAP: dict[str, Door | Plain] = {
    "Capability": Plain("about the server"),
    "Noop": Plain("tells of the selected folder only"),
    "Logout": Plain("the end"),
    "Id": Plain("about the server"),
    "StartTls": Plain("before signing in"),
    "Authenticate": Plain("signing in"),
    "Login": Plain("signing in"),
    "Enable": Plain("about the session"),
    "Namespace": Plain("where shared folders would be"),
    "Compress": Plain("about the session"),
    "MyRights": Door(imap('MYRIGHTS "{at}Foldercanary"'), whole_mailbox(Facet.FOLDER)),
    "GetAcl": Door(imap('GETACL "{at}Foldercanary"'), to(Person.OWNER, sees={Facet.FOLDER})),
    "ListRights": Door(
        imap('LISTRIGHTS "{at}Foldercanary" anna@acme.example'),
        to(Person.OWNER, sees={Facet.FOLDER}),
    ),
    "SetAcl": Door(imap('SETACL "{at}INBOX" {person} lr'), {}, changes="t1 OK"),
    "GetQuotaRoot": Door(
        imap('GETQUOTAROOT "{at}INBOX"'), whole_mailbox(Facet.EXISTS), exists=r"\* QUOTAROOT"
    ),
    "GetMetadata": Door(
        imap('GETMETADATA "{at}INBOX" /shared/comment'),
        whole_mailbox(Facet.EXISTS),
        exists=r"\* METADATA",
    ),
    "SetMetadata": Door(
        imap('SETMETADATA "{at}INBOX" (/shared/comment "x")'), WRITERS, changes="t1 OK"
    ),
    "GetQuota": Plain("the second line of GETQUOTAROOT, of the same mailboxes"),
    "SetQuota": Plain("refused to everybody"),
    "Idle": Plain("tells of the selected folder only"),
    "Close": Plain("leaves the selected folder"),
    "List": Door(imap('LIST "" "*"'), whole_mailbox(Facet.FOLDER)),
    "Status": Door(
        imap('STATUS "{at}INBOX" (MESSAGES)'),
        whole_mailbox(Facet.EXISTS),
        exists=r"MESSAGES 1\b",
    ),
    "Select": Door(imap(_SELECT), whole_mailbox(Facet.EXISTS), exists=r"\* 1 EXISTS"),
    "Fetch": Door(
        imap(_SELECT, "FETCH 1 (ENVELOPE BODY.PEEK[])"),
        whole_mailbox(Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY),
        exists=r"\* 1 FETCH",
    ),
    "Search": Door(
        imap(_SELECT, "SEARCH BODY Bodycanary"), whole_mailbox(Facet.EXISTS), exists=r"SEARCH 1\b"
    ),
    "Sort": Door(
        imap(_SELECT, "SORT (SUBJECT) UTF-8 SUBJECT Subjectcanary"),
        whole_mailbox(Facet.EXISTS),
        exists=r"SORT 1\b",
    ),
    "Thread": Door(
        imap(_SELECT, "THREAD REFERENCES UTF-8 BODY Bodycanary"),
        whole_mailbox(Facet.EXISTS),
        exists=r"THREAD \(1\)",
    ),
    "Store": Door(imap(_SELECT, r"STORE 1 +FLAGS.SILENT (\Flagged)"), WRITERS, changes="t2 OK"),
    "Expunge": Door(imap(_SELECT, "EXPUNGE"), WRITERS, changes="t2 OK"),
    "Copy": Door(imap(_SELECT, 'COPY 1 "{at}Archive"'), WRITERS, changes="COPYUID"),
    "Append": Door(imap('APPEND "{at}Archive" {2+}\r\nhi'), WRITERS, changes="APPENDUID"),
    "Create": Door(imap('CREATE "{at}New {person}"'), WRITERS, changes="t1 OK"),
    "Rename": Door(
        imap('CREATE "{at}Old {person}"', 'RENAME "{at}Old {person}" "{at}Renamed {person}"'),
        WRITERS,
        changes="t2 OK",
    ),
    "Delete": Door(
        imap('CREATE "{at}Gone {person}"', 'DELETE "{at}Gone {person}"'), WRITERS, changes="t2 OK"
    ),
    "Subscribe": Door(imap('SUBSCRIBE "{at}INBOX"'), whole_mailbox(Facet.CHANGES), changes="t1 OK"),
}

# -- POP3: by the class of the command ------------------------------------------------------------

# There is nobody's mailbox but one's own here, whoever shares it with whom.
_OWN_MAIL = to(Person.OWNER, sees={Facet.SENDER, Facet.SUBJECT, Facet.BODY})
_OWN_HEADER = to(Person.OWNER, sees={Facet.SENDER, Facet.SUBJECT})
_OWN_COUNT = to(Person.OWNER, sees={Facet.EXISTS})

# ManageSieve has one's own rules alone, and no mail.
MANAGESIEVE: dict[str, Plain] = {
    **dict.fromkeys(("CAPABILITY", "LOGOUT", "NOOP"), Plain("about the server")),
    **dict.fromkeys(("AUTHENTICATE", "STARTTLS"), Plain("before signing in")),
    **dict.fromkeys(
        (
            "CHECKSCRIPT",
            "DELETESCRIPT",
            "GETSCRIPT",
            "HAVESPACE",
            "LISTSCRIPTS",
            "PUTSCRIPT",
            "RENAMESCRIPT",
            "SETACTIVE",
        ),
        Plain("rules of one's own mailbox; no other can be named"),
    ),
}

POP3: dict[str, Door | Plain] = {
    "Capa": Plain("about the server"),
    "Stls": Plain("before signing in"),
    "User": Plain("signing in"),
    "Pass": Plain("signing in"),
    "Auth": Plain("signing in"),
    "Noop": Plain("nothing"),
    "Rset": Plain("takes marks back"),
    "Stat": Door(pop3("STAT"), _OWN_COUNT, exists=r"\n\+OK 1 \d+\r"),
    "List": Door(pop3("LIST"), _OWN_COUNT, exists=r"\n1 \d+\r"),
    "Uidl": Door(pop3("UIDL"), _OWN_COUNT, exists=r"\n1 [0-9a-f]{32}\r"),
    "Retr": Door(pop3("RETR 1"), _OWN_MAIL),
    "Top": Door(pop3("TOP 1 0"), _OWN_HEADER),
    "Dele": Door(pop3("DELE 1"), to(Person.OWNER, sees={Facet.CHANGES}), changes="Marked"),
    "Quit": Plain("deletes what DELE marked"),
}

# -- HTTP: by method and path ---------------------------------------------------------------------

_ANSWERS_LIKE_GET = Plain("changes what GET shows the same person, and answers in the same words")
_OWN_NOTE = Plain("one's own note, no mail")

HTTP: dict[str, Door | Plain] = {
    "GET /contacts": Door(http("GET", "/contacts"), by_level(Facet.SENDER)),
    "GET /contacts/lookup": Door(
        http("GET", "/contacts/lookup?address=wei@kunde.example"), by_level(Facet.SENDER)
    ),
    "GET /contacts/{contact_id:uuid}": Door(
        http("GET", "/contacts/{contact_id}"), by_level(Facet.SENDER)
    ),
    "GET /contacts/{contact_id:uuid}/timeline": Door(
        http("GET", "/contacts/{contact_id}/timeline"),
        by_level(Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY),
        exists='"kind":"mail"',
    ),
    "GET /contacts/{contact_id:uuid}/changes": Door(
        http("GET", "/contacts/{contact_id}/changes"), by_level(Facet.SENDER)
    ),
    "POST /contacts": Plain("made by the asker, from what the asker says"),
    "PATCH /contacts/{contact_id:uuid}": _ANSWERS_LIKE_GET,
    "POST /contacts/{contact_id:uuid}/verify": _ANSWERS_LIKE_GET,
    "POST /contacts/{contact_id:uuid}/ignore": _ANSWERS_LIKE_GET,
    "POST /contacts/{contact_id:uuid}/merge": _ANSWERS_LIKE_GET,
    "DELETE /contacts/{contact_id:uuid}": _ANSWERS_LIKE_GET,
    "POST /contacts/{contact_id:uuid}/restore": _ANSWERS_LIKE_GET,
    "POST /contacts/{contact_id:uuid}/notes": _OWN_NOTE,
    "PATCH /notes/{note_id:uuid}": _OWN_NOTE,
    "DELETE /notes/{note_id:uuid}": _OWN_NOTE,
    "POST /notes/{note_id:uuid}/restore": _OWN_NOTE,
    # The directory is every colleague's; when a company last wrote is not.
    "GET /quotas": Plain("figures of mailboxes, for administrators"),
    "PUT /quotas": Plain("for administrators; mail/quotas/tests has others knock"),
    "PUT /quotas/{address:str}": Plain("for administrators; mail/quotas/tests has others knock"),
    "GET /retention": Plain("the workspace's rules, for every member"),
    "PUT /retention": Plain("for administrators; mail/retention/tests has others knock"),
    "POST /retention/trial": Plain("figures of the workspace, for administrators"),
    **dict.fromkeys(
        ("GET /holds", "POST /holds", "POST /holds/{hold_id:uuid}/lift"),
        Plain("for administrators; mail/holds/tests has others knock"),
    ),
    "GET /domains": Plain("the workspace's own domains, for administrators"),
    "GET /domains/{domain:str}/checks": Plain("what DNS says to everybody, for administrators"),
    "GET /domains/{domain:str}/reports": Plain("sums that others reported, for administrators"),
    "GET /addresses": Plain("the workspace's own addresses, for administrators"),
    "PUT /addresses/{address:str}": Plain("for administrators: where mail to come will go"),
    "DELETE /addresses/{address:str}": Plain("for administrators: where mail to come will go"),
    "GET /relays": Plain("by whom mail leaves, for administrators; no password"),
    "PUT /relays/{sender:str}": Plain("for administrators: by whom mail leaves"),
    "DELETE /relays/{sender:str}": Plain("for administrators: by whom mail leaves"),
    "GET /companies": Door(
        http("GET", "/companies"), by_level(Facet.EXISTS), exists='"last_at":"2'
    ),
    "GET /companies/{company_id:uuid}": Door(
        http("GET", "/companies/{company_id}"), by_level(Facet.EXISTS), exists='"last_at":"2'
    ),
    "GET /companies/{company_id:uuid}/timeline": Door(
        http("GET", "/companies/{company_id}/timeline"),
        by_level(Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY),
        exists='"kind":"mail"',
    ),
    "GET /companies/{company_id:uuid}/changes": Plain("what members did to the directory"),
    "POST /companies": Plain("made by the asker, from what the asker says"),
    "PATCH /companies/{company_id:uuid}": _ANSWERS_LIKE_GET,
    "DELETE /companies/{company_id:uuid}": _ANSWERS_LIKE_GET,
    "POST /companies/{company_id:uuid}/restore": _ANSWERS_LIKE_GET,
    "POST /companies/{company_id:uuid}/notes": _OWN_NOTE,
    **dict.fromkeys(
        (
            "GET /drafts",
            "POST /drafts",
            "GET /drafts/{draft_id:uuid}",
            "PUT /drafts/{draft_id:uuid}",
            "DELETE /drafts/{draft_id:uuid}",
            "POST /messages/{message_id:uuid}/draft",
            "POST /uploads",
            "GET /uploads/{upload_id:uuid}",
        ),
        Plain("the asker's own; sending/composer/tests has others knock"),
    ),
    "POST /messages": Plain("answers with ids of what the asker wrote"),
    "POST /messages/{message_id:uuid}/undo": Plain("answers with the id of the asker's own draft"),
    "GET /messages/{message_id:uuid}/delivery": Plain(
        "of sent mail, which the scene has none of; sending/composer/tests has others knock"
    ),
    **dict.fromkeys(
        ("GET /certificate", "PUT /certificate", "POST /certificate/attempts"),
        Plain("about the machine, for who runs the house; servers/http/tests has others knock"),
    ),
    **dict.fromkeys(
        (
            "POST /linked-accounts/detection",
            "POST /linked-accounts/trial",
            "POST /linked-accounts",
            "GET /linked-accounts",
            "GET /linked-accounts/{account_id:uuid}",
            "POST /linked-accounts/{account_id:uuid}/pause",
            "POST /linked-accounts/{account_id:uuid}/resume",
            "PUT /linked-accounts/{account_id:uuid}/secret",
            "PUT /linked-accounts/{account_id:uuid}/keeping",
            "PUT /linked-accounts/{account_id:uuid}/avoiding",
            "DELETE /linked-accounts/{account_id:uuid}",
            "POST /linked-accounts/consents",
            "POST /linked-accounts/{account_id:uuid}/consent",
            "GET /linked-accounts/consents/return",
        ),
        Plain("one's own accounts and no mail; mail/accounts/tests has others knock"),
    ),
    "POST /linked-accounts/{account_id:uuid}/news": Plain(
        "Graph tells of news there with its secret, and hears nothing; mail/accounts/graph/tests"
        " has others knock"
    ),
    "POST /linked-accounts/news/google": Plain(
        "Google tells of news there, and hears nothing; mail/accounts/gmail/tests has others knock"
    ),
    "GET /linked-accounts/wall": Plain("how accounts stand, for administrators; no mail"),
    **dict.fromkeys(
        ("GET /setup", "POST /setup"),
        Plain("before there is any mail; closed by the first workspace, mail/setup/tests"),
    ),
    **dict.fromkeys(
        ("GET /setup/machine", "GET /setup/ports"),
        Plain("about the machine, for who runs the house; mail/setup/tests has others knock"),
    ),
    "GET /outbox": Plain("of mailboxes the asker sends from; the scene has nothing on its way"),
    **dict.fromkeys(
        (
            "GET /queue",
            "GET /queue/sites",
            "GET /queue/{recipient_id:uuid}",
            "POST /queue/retry",
            "POST /queue/hold",
            "POST /queue/release",
            "POST /queue/drop",
        ),
        Plain("envelopes, for administrators alone; sending/outbox/tests has others knock"),
    ),
}

# What the levels show of a thread, whole.
_THREAD = by_level(Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY)
_WHOLE_MESSAGE = to(*_HOLDERS, Person.THREAD, sees={Facet.SENDER, Facet.SUBJECT, Facet.BODY})
# Standard folders are shown with their counts to whoever has the mailbox at any level.
_MAILBOXES = to(*_HOLDERS, sees={Facet.FOLDER, Facet.EXISTS}) | to(
    Person.SUBJECT, Person.METADATA, sees={Facet.EXISTS}
)
_FOR_PROGRAMS = Plain("the same for every address of a hosted domain; tried in servers/http")
_PART_OF_RAW = Plain("a part of what …/raw gives, behind the same check")
_OWN_SESSION = Plain("about the asker's own sign-in")


async def _act(scene: Scene, person: Person) -> str:
    """Flag the thread, and take that back for whoever comes next."""
    owner = scene.actors[Person.OWNER]
    async with scene.house.workspace(owner.workspace_id) as tx:
        inbox = await folder_by_use(tx, scene.ids["mailbox_id"], "inbox")
    body = {
        "mailbox": str(scene.ids["mailbox_id"]),
        "folder": str(inbox),
        "ids": [str(scene.ids["thread_id"])],
    }
    said = await scene.http(person, "POST", "/threads/acts", json={**body, "act": "flag"})
    await scene.http(person, "POST", "/threads/acts", json={**body, "act": "unflag"})
    return said


# Rules see and move whatever comes: whoever may change the mailbox may see them.
_RULED = to(Person.OWNER, Person.WRITER, sees={Facet.EXISTS})
_RULES = Plain("behind the check of PUT …/script; mail/rules/tests has others knock")


async def _save_script(scene: Scene, person: Person) -> str:
    """A script that is not active, so that nothing comes of it."""
    path = f"/mailboxes/{scene.ids['mailbox_id']}/script?name=mine"
    return await scene.http(person, "PUT", path, json={"content": "keep;"})


async def _try_rules(scene: Scene, person: Person) -> str:
    """A rule for every mail."""
    path = f"/mailboxes/{scene.ids['mailbox_id']}/rules/trial"
    rule = {"conditions": [], "actions": [{"kind": "flag"}]}
    return await scene.http(person, "POST", path, json={"rules": [rule]})


HTTP |= {
    "GET /mailboxes/{mailbox_id:uuid}/scripts": Door(
        http("GET", "/mailboxes/{mailbox_id}/scripts"), _RULED, exists='"items":'
    ),
    "GET /mailboxes/{mailbox_id:uuid}/script": _RULES,
    "PUT /mailboxes/{mailbox_id:uuid}/script": Door(_save_script, WRITERS, changes='"items":'),
    "DELETE /mailboxes/{mailbox_id:uuid}/script": _RULES,
    "PUT /mailboxes/{mailbox_id:uuid}/active-script": _RULES,
    "POST /scripts/check": Plain("a text that the asker brings along"),
    "GET /mailboxes/{mailbox_id:uuid}/rules": Door(
        http("GET", "/mailboxes/{mailbox_id}/rules"), _RULED, exists='"revision":'
    ),
    "PUT /mailboxes/{mailbox_id:uuid}/rules": _RULES,
    # Its mails are shown with their subjects and senders.
    "POST /mailboxes/{mailbox_id:uuid}/rules/trial": Door(
        _try_rules,
        to(Person.OWNER, Person.WRITER, sees={Facet.EXISTS, Facet.SENDER, Facet.SUBJECT}),
        exists='"looked":[1-9]',
    ),
    "POST /mailboxes/{mailbox_id:uuid}/rules/run": Plain(
        "behind the checks of PUT …/rules and of thread acts; mail/rules/tests has others knock"
    ),
    "GET /mailboxes/{mailbox_id:uuid}/rules/suggestion": Plain(
        "behind the check of …/rules; mail/rules/tests has others knock"
    ),
    "GET /away": Plain("mailboxes whose rules one may see anyway, by their ids"),
    "GET /me": Door(http("GET", "/me"), _MAILBOXES, exists='"total":[1-9]'),
    "GET /mailboxes": Door(http("GET", "/mailboxes"), _MAILBOXES, exists='"total":[1-9]'),
    "PATCH /me": Plain("the asker's own settings; answers like GET"),
    "GET /usage": Door(
        http("GET", "/usage"), whole_mailbox(Facet.EXISTS), exists='"messages":[1-9]'
    ),
    "GET /threads": Door(
        http("GET", "/threads?mailbox={mailbox_id}"), _THREAD, exists='"messages":1'
    ),
    # Who has the mailbox finds its threads in their folders.
    "GET /threads/shared": Door(
        http("GET", "/threads/shared"),
        to(
            Person.THREAD,
            sees={Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY},
        ),
        exists='"messages":1',
    ),
    "GET /search": Door(
        http("GET", "/search?q=Bodycanary"),
        to(
            *_HOLDERS,
            Person.THREAD,
            sees={Facet.EXISTS, Facet.SENDER, Facet.SUBJECT, Facet.BODY},
        ),
        exists='"messages":1',
    ),
    "GET /threads/{thread_id:uuid}": Door(
        http("GET", "/threads/{thread_id}"), _THREAD, exists='"messages":\\[{'
    ),
    "POST /threads/acts": Door(_act, WRITERS, changes='"messages":1'),
    "GET /messages/{message_id:uuid}": Door(
        http("GET", "/messages/{message_id}"), _THREAD, exists='"thread_id"'
    ),
    "GET /messages/{message_id:uuid}/raw": Door(
        http("GET", "/messages/{message_id}/raw"), _WHOLE_MESSAGE
    ),
    "GET /messages/{message_id:uuid}/attachments/{number:int}": _PART_OF_RAW,
    "GET /messages/{message_id:uuid}/inline/{content_id:path}": _PART_OF_RAW,
    "GET /messages/{message_id:uuid}/remote": _PART_OF_RAW,
    "GET /live": Plain("ids only, of mailboxes as GET /mailboxes has them; tried in servers/http"),
    "POST /session": _OWN_SESSION,
    "DELETE /session": _OWN_SESSION,
    "GET /sessions": _OWN_SESSION,
    "DELETE /sessions": _OWN_SESSION,
    "DELETE /sessions/{session_id:uuid}": _OWN_SESSION,
    "POST /me/password": _OWN_SESSION,
    "GET /me/app-passwords": _OWN_SESSION,
    "POST /me/app-passwords": _OWN_SESSION,
    "DELETE /me/app-passwords/{password_id:uuid}": _OWN_SESSION,
    "GET /workspace/sign-in": Plain("administrators only: which passwords the workspace takes"),
    "PUT /workspace/sign-in": Plain("administrators only: which passwords the workspace takes"),
    "GET /me/mail-programs": Plain("servers and ports"),
    "GET /me/mail-profile": Plain("servers and ports, and the asker's own address"),
    **dict.fromkeys(
        (
            "GET /.well-known/autoconfig/mail/config-v1.1.xml",
            "GET /mail/config-v1.1.xml",
            "POST /autodiscover/autodiscover.xml",
            "POST /Autodiscover/Autodiscover.xml",
            "POST /AutoDiscover/AutoDiscover.xml",
        ),
        _FOR_PROGRAMS,
    ),
    "GET /.well-known/acme-challenge/{token:str}": Plain("for authorities"),
    "GET /healthz": Plain("about the process"),
    "GET /readyz": Plain("about the process"),
    "GET /metrics": Plain("figures of the process"),
}

# -- The command line -----------------------------------------------------------------------------

_OPERATOR = Plain("the operator holds the machine and its keys: no member, no less than everything")

COMMANDS: dict[str, Door | Plain] = dict.fromkeys(
    (
        "serve",
        "init",
        "member add",
        "mailbox add",
        "app-password add",
        "app-password list",
        "app-password revoke",
        "app-password require",
        "domain add",
        "domain records",
        "domain check",
        "domain reports",
        "address set",
        "address list",
        "address remove",
        "account link",
        "account test",
        "account status",
        "account pause",
        "account resume",
        "account unlink",
        "account keep",
        "account avoid",
        "key add",
        "import",
        "export",
        "ps",
        "doctor",
        "db url",
        "openapi",
        "search",
        "demo",
        "route add",
        "route list",
        "route remove",
        "relay set",
        "relay list",
        "relay remove",
        "certificate show",
        "certificate get",
        "certificate renew",
        "certificate stop",
        "setup code",
        "queue list",
        "queue why",
        "queue hold",
        "queue release",
        "queue retry",
        "queue drop",
        "filter check",
        "quota list",
        "quota default",
        "quota set",
        "retention list",
        "retention set",
        "hold set",
        "hold list",
        "hold lift",
        "hold export",
    ),
    _OPERATOR,
)

# -- Functions of rooms that answer with mail -----------------------------------------------------

_COUNT = parse_statement(
    "count",
    "SELECT count(*) FROM mailbox_messages mm WHERE mm.workspace_id = :workspace_id AND "
    + access.READABLE_MACROS["readable"].replace("{}", "mm"),
)


def _counted(level: Level) -> Look:
    async def look(scene: Scene, person: Person) -> str:
        actor = scene.actors.get(person)
        if actor is None:
            return ""
        async with scene.house.workspace(actor.workspace_id) as tx:
            reach = await access.reach_of(tx, actor)
            count = await tx.value(_COUNT, workspace_id=tx.workspace, **reach.parameters(level))
        return f"{count} in reach"

    return look


async def _sent_from(scene: Scene, person: Person) -> str:
    actor = scene.actors.get(person)
    if actor is None:
        return ""
    async with scene.house.workspace(actor.workspace_id) as tx:
        try:
            await access.require_mailbox(tx, actor, scene.ids["mailbox_id"], "send")
        except Refusal as refusal:
            return refusal.reason
    return "may send"


async def _found(scene: Scene, person: Person) -> str:
    actor = scene.actors.get(person)
    if actor is None:
        return ""
    async with scene.house.workspace(actor.workspace_id) as tx:
        page = await search(tx, actor, "bodycanary")
    return f"{len(page.hits)} found"


FUNCTIONS: dict[str, Door | Plain] = {
    "searching": Door(_found, to(*_HOLDERS, Person.THREAD, sees={Facet.EXISTS}), exists="^1 found"),
    "the predicate in full": Door(
        _counted(Level.FULL),
        to(*_HOLDERS, Person.THREAD, sees={Facet.EXISTS}),
        exists="^[1-9]",
    ),
    "the predicate up to subjects": Door(
        _counted(Level.SUBJECT),
        to(*_HOLDERS, Person.THREAD, Person.SUBJECT, sees={Facet.EXISTS}),
        exists="^[1-9]",
    ),
    "the predicate for who and when": Door(
        _counted(Level.METADATA), by_level(Facet.EXISTS), exists="^[1-9]"
    ),
    "sending as": Door(_sent_from, to(Person.OWNER, sees={Facet.CHANGES}), changes="may send"),
}
