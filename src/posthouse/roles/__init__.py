"""The table of everything that can run, and which process runs it.

Like Postfix's master.cf, in Python. Roles meet only in PostgreSQL: any of them may run on another
machine. Beside this table lies a module per process with the coroutines of its roles: whoever
starts processes, or is another one, need not import them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posthouse.foundation.errors import Invalid
from posthouse.foundation.events import Listener
from posthouse.foundation.serving import Running
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings

# The processes. There may be several of MAIL: the supervisor opens their sockets for all of them.
MAIL, WEB, WORK = "mail", "web", "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One thing that runs. `listener` names its address in the settings, if it has one."""

    process: str
    does: str
    listener: str | None = None


def _listening(process: str, name: str, does: str) -> Role:
    return Role(process=process, does=does, listener=name)


ROLES: dict[str, Role] = {
    "http": _listening(WEB, "http", "the page and the API"),
    "https": _listening(WEB, "https", "the page and the API, TLS"),
    "challenges": _listening(WEB, "challenges", "what authorities of certificates look for"),
    "smtp": _listening(MAIL, "smtp", "mail from other servers"),
    "lmtp": _listening(MAIL, "lmtp", "mail from a server in front"),
    "submission": _listening(MAIL, "submission", "mail from members, STARTTLS"),
    "submissions": _listening(MAIL, "submissions", "mail from members, TLS"),
    "imap": _listening(MAIL, "imap", "mailboxes, STARTTLS"),
    "imaps": _listening(MAIL, "imaps", "mailboxes, TLS"),
    "pop3": _listening(MAIL, "pop3", "Inboxes, STLS"),
    "pop3s": _listening(MAIL, "pop3s", "Inboxes, TLS"),
    "managesieve": _listening(MAIL, "managesieve", "members' rules"),
    "outbox": Role(process=WORK, does="delivers what leaves"),
    "sync": Role(process=WORK, does="keeps mailboxes elsewhere in step with ours"),
    "certificates": Role(process=WORK, does="obtains and renews our certificate"),
    "upkeep": Role(process=WORK, does="statistics of growing tables"),
    "trimming": Role(process=WORK, does="forgets events that everybody has heard"),
    "sweep": Role(process=WORK, does="forgets old sign-ins"),
    "drafts": Role(process=WORK, does="shows drafts of the page to mail programs"),
    "erasing": Role(
        process=WORK,
        does="erases what nobody has any more, follows rules of retention, watches quotas",
    ),
    "lessons": Role(process=WORK, does="learns what is junk from what is moved"),
    "reports": Role(
        process=WORK, does="reads what others report on hosted domains, reports to others on TLS"
    ),
    "threads": Role(process=WORK, does="joins threads that were filed apart, forgets empty ones"),
    "search": Role(process=WORK, does="indexes what was filed"),
    "customers": Role(process=WORK, does="binds mail to customers and writes their log"),
    "bounces": Role(
        process=WORK,
        does="reads bounces that come back, lets sent drafts go, "
        "sends what rules and aliases send on",
    ),
}


def chosen_roles(names: Iterable[str], settings: Settings) -> dict[str, Role]:
    """`roles_named` without those whose listener is off."""
    return {
        name: role
        for name, role in roles_named(names).items()
        if role.listener not in DEFAULT_LISTENERS or settings.listener(role.listener)
    }


def roles_named(names: Iterable[str]) -> dict[str, Role]:
    """The roles named, or all; a process's name stands for all of its roles.

    Raises Invalid on an unknown name.
    """
    wanted = list(names) or list(ROLES)
    processes = {role.process for role in ROLES.values()}
    chosen: dict[str, Role] = {}
    for name in wanted:
        if name in ROLES:
            chosen[name] = ROLES[name]
        elif name in processes:
            chosen.update({n: role for n, role in ROLES.items() if role.process == name})
        else:
            known = ", ".join([*processes, *ROLES])
            raise Invalid(f"There is no role “{name}”. There are: {known}.")
    return chosen


def running_in(process: str) -> Mapping[str, Running]:
    """The roles of a process as they run. Imports all that they need: up to a second."""
    if process == MAIL:
        from posthouse.roles.mail import RUNNING
    elif process == WEB:
        from posthouse.roles.web import RUNNING
    else:
        from posthouse.roles.work import RUNNING
    return RUNNING


def all_listeners() -> list[Listener]:
    """Everyone who follows the event log, whichever roles run here."""
    return [listener for running in running_in(WORK).values() for listener in running.follows]
