"""What the doors of linked accounts take and give. A secret goes in and never comes out."""

from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.mail.accounts.checking import Checked, Outcome, StepName
from posthouse.mail.accounts.detection.views import ProviderView
from posthouse.mail.accounts.model import (
    Act,
    Counts,
    ErrorKind,
    FolderHealth,
    Health,
    Kind,
    LinkedAccount,
    Security,
    Server,
    Servers,
    State,
)

_MOST_FOLDERS_NAMED = 12


class ServerView(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect. `starttls` is demanded, never dropped. `path` is where web services lie at
    their host (`ews`); empty for where they usually are, and for all others.
    """

    host: str
    port: int
    security: Security = "tls"
    path: str = ""


class ServersView(msgspec.Struct, frozen=True, kw_only=True):
    """Both ways of an account. `outgoing` is null for one that sends nothing; `outgoing_login` is
    for the few who want another name for sending.
    """

    incoming: ServerView
    outgoing: ServerView | None
    login: str
    outgoing_login: str = ""


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to try, or to link."""

    address: str
    servers: ServersView
    password: str
    outgoing_password: str = ""
    kind: Kind = "imap"
    name: str = ""


class NewSecret(msgspec.Struct, frozen=True, kw_only=True):
    """Another password, and other servers if there are any."""

    password: str
    outgoing_password: str = ""
    servers: ServersView | None = None


class Avoiding(msgspec.Struct, frozen=True, kw_only=True):
    """Extensions of an IMAP server, as CAPABILITY has them, that are not used."""

    extensions: list[str]


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """How many days mail that is here stays at a POP3 server; null for ever, 0 not at all."""

    days: int | None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a trial. `said` are the server's own words."""

    name: StepName
    outcome: Outcome
    error: ErrorKind | None
    said: str


class AccountTrial(msgspec.Struct, frozen=True, kw_only=True):
    """How far we got. `signed_in`: everything but sending works.

    `folders` are the first ones that were seen of `folder_count`; `messages` is how many the inbox
    has, where the server tells.
    """

    steps: list[StepView]
    ok: bool
    signed_in: bool
    folders: list[str]
    folder_count: int
    messages: int | None


class AccountCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the items elsewhere; `there` is what the server itself says it has."""

    there: int
    waiting: int
    stored: int
    filtered: int
    failed: int


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands. `history_done_at` is null during the first sync.

    `error` says what is wrong and `error_said` are the server's words, for its member alone.
    `behind`: it has not been in step for an hour.
    """

    id: UUID
    mailbox_id: UUID
    member_id: UUID
    kind: Kind
    address: str
    state: State
    error: ErrorKind | None
    error_said: str
    failing_since: datetime | None
    behind: bool
    linked_at: datetime
    last_visit_at: datetime | None
    last_new_at: datetime | None
    history_done_at: datetime | None
    counts: AccountCounts


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """By address."""

    items: list[AccountView]


class MemberAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account on the wall, and whose it is."""

    member_name: str
    member_address: str
    account: AccountView


class AccountWall(msgspec.Struct, frozen=True, kw_only=True):
    """Of every member, by address."""

    items: list[MemberAccount]


class AccountFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder elsewhere. Not `mirrored`: it only shows mail of other folders. `complete`: all of
    it was listed once. `parked`: left alone for a while, since the server does not open it.
    """

    name: str
    special_use: str | None
    mirrored: bool
    complete: bool
    parked: bool
    counts: AccountCounts


class AccountAct(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what; without a member it was the operator."""

    member_id: UUID | None
    act: str
    at: datetime


class AccountDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One account folder by folder, with its servers and what was done to it, the latest first.

    `by_consent`: its provider lets us in because the member said so there; there is no password.
    `keeping`: of a POP3 account; `avoiding`: of an IMAP one.
    """

    account: AccountView
    servers: ServersView
    by_consent: bool
    keeping: Keeping | None
    avoiding: Avoiding | None
    provider: ProviderView | None
    folders: list[AccountFolder]
    acts: list[AccountAct]


def trial_view(checked: Checked) -> AccountTrial:
    """With as many folders as fit on a line or two."""
    return AccountTrial(
        steps=[
            StepView(name=each.name, outcome=each.outcome, error=each.error, said=each.said)
            for each in checked.steps
        ],
        ok=checked.ok,
        signed_in=checked.signed_in,
        folders=list(checked.folders[:_MOST_FOLDERS_NAMED]),
        folder_count=len(checked.folders),
        messages=checked.messages,
    )


def account_view(health: Health) -> AccountView:
    """One account."""
    return AccountView(
        id=health.id,
        mailbox_id=health.mailbox_id,
        member_id=health.member_id,
        kind=health.kind,
        address=health.address,
        state=health.state,
        error=health.error_kind,
        error_said=health.error_said,
        failing_since=health.failing_since,
        behind=health.behind,
        linked_at=health.linked_at,
        last_visit_at=health.last_visit_at,
        last_new_at=health.last_new_at,
        history_done_at=health.history_done_at,
        counts=_counts(health.counts),
    )


def folder_view(folder: FolderHealth) -> AccountFolder:
    """One folder."""
    return AccountFolder(
        name=folder.name,
        special_use=folder.special_use,
        mirrored=folder.mirrored,
        complete=folder.complete,
        parked=folder.parked,
        counts=_counts(folder.counts),
    )


def act_view(act: Act) -> AccountAct:
    """One act."""
    return AccountAct(member_id=act.member_id, act=act.act, at=act.at)


def servers_view(account: LinkedAccount) -> ServersView:
    """Where an account connects to."""
    servers = account.servers
    return ServersView(
        incoming=_server_view(servers.incoming),
        outgoing=_server_view(servers.outgoing) if servers.outgoing else None,
        login=servers.login,
        outgoing_login=servers.outgoing_login,
    )


def servers_of(view: ServersView) -> Servers:
    """As the room knows them."""
    return Servers(
        incoming=_server(view.incoming),
        outgoing=_server(view.outgoing) if view.outgoing else None,
        login=view.login.strip(),
        outgoing_login=view.outgoing_login.strip(),
    )


def _server(view: ServerView) -> Server:
    return Server(
        host=view.host.strip(), port=view.port, security=view.security, path=view.path.strip()
    )


def _server_view(server: Server) -> ServerView:
    return ServerView(
        host=server.host, port=server.port, security=server.security, path=server.path
    )


def _counts(counts: Counts) -> AccountCounts:
    return AccountCounts(
        there=counts.there,
        waiting=counts.waiting,
        stored=counts.stored,
        filtered=counts.filtered,
        failed=counts.failed,
    )
