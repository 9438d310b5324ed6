"""The database: a small pool, and transactions that name their workspace.

Connections act as `posthouse_app`, which row-level security holds to one workspace; a transaction
names it with SET LOCAL or fails. `system` is the named door for what must cross workspaces.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from posthouse.foundation.errors import Busy
from posthouse.foundation.signals import Signals
from posthouse.foundation.sql import Statement

T = TypeVar("T")
Row = asyncpg.Record
if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:  # only generic for the type checker
    Connection = asyncpg.pool.PoolConnectionProxy

_POOL_SIZE = 8
_COMMAND_TIMEOUT = 60.0
# What a connection raises whose server was killed or is going down, also half-way in a reply.
_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,
)


@dataclass(slots=True)
class Tx:
    """One open transaction. `workspace_id` is None only in a system transaction."""

    database: "Database"
    connection: Connection
    workspace_id: UUID | None
    topics: set[str] = field(default_factory=set)
    before_commit: list[Callable[[], Any]] = field(default_factory=list)
    announced: list[Any] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows of `statement`."""
        return await self.connection.fetch(statement.text, *statement.arguments(values))

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """The first row of `statement`, or None."""
        return await self.connection.fetchrow(statement.text, *statement.arguments(values))

    async def value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(statement.text, *statement.arguments(values))

    async def execute(self, statement: Statement, **values: Any) -> int:
        """Run `statement`; the number of rows it touched."""
        tag = await self.connection.execute(statement.text, *statement.arguments(values))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def copy(
        self, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]
    ) -> None:
        """COPY `records` into `table`: the cheapest way in for many rows."""
        await self.connection.copy_records_to_table(table, records=records, columns=list(columns))

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo only what happened inside when it raises; the transaction stays usable."""
        lists: tuple[list[Any], ...] = (self.announced, self.before_commit, self.after_commit)
        sizes = [len(each) for each in lists]
        await self.connection.execute("SAVEPOINT here")
        try:
            yield
        except BaseException:
            for each, size in zip(lists, sizes, strict=True):
                del each[size:]
            # Released too: an inner one must not be what an outer one goes back to.
            await self.connection.execute("ROLLBACK TO SAVEPOINT here; RELEASE SAVEPOINT here")
            raise
        await self.connection.execute("RELEASE SAVEPOINT here")

    def signal(self, topic: str) -> None:
        """Wake whoever waits for `topic`, once this transaction has committed."""
        self.topics.add(topic)

    @property
    def workspace(self) -> UUID:
        """The workspace this transaction is held to. Raises RuntimeError in a system one."""
        if self.workspace_id is None:
            raise RuntimeError("a system transaction has no workspace")
        return self.workspace_id


class Database:
    """The pool of one process and its signals."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", dsn: str, signals: Signals) -> None:
        self._pool = pool
        self.dsn = dsn
        self.signals = signals
        self._services: dict[type, Any] = {}

    def provide(self, service: object) -> None:
        """Keep what this process was started with (vault, files …), to be found by its type."""
        self._services[type(service)] = service

    def service(self, kind: type[T]) -> T:
        """The `kind` given to `provide`. Raises KeyError when the process started without it."""
        found: T = self._services[kind]
        return found

    @contextlib.asynccontextmanager
    async def workspace(
        self, workspace_id: UUID, *, in_turn: Collection[UUID] = ()
    ) -> AsyncIterator[Tx]:
        """A transaction held to one workspace; commits at the end, rolls back on an exception.

        It begins when nobody else is inside with one of `in_turn`, in any process.
        """
        begin = f"BEGIN; SET LOCAL posthouse.workspace = '{workspace_id}'"
        if in_turn:
            # In the same round trip; always in the same order, or two would wait for each other.
            turns = (f"pg_advisory_xact_lock({key})" for key in sorted(map(_lock_key, in_turn)))
            begin = f"{begin}; SELECT {', '.join(turns)}"
        async with self._transaction(begin, workspace_id) as tx:
            yield tx

    @contextlib.asynccontextmanager
    async def system(self) -> AsyncIterator[Tx]:
        """A transaction that sees every workspace: the directory, the event log, queues."""
        async with self._transaction("BEGIN; SET LOCAL ROLE posthouse_system", None) as tx:
            yield tx

    @contextlib.asynccontextmanager
    async def _transaction(self, begin: str, workspace_id: UUID | None) -> AsyncIterator[Tx]:
        async with self._connection() as connection:
            tx = Tx(self, connection, workspace_id)
            try:
                await connection.execute(begin)
                yield tx
                for action in tx.before_commit:
                    await action()
                if await connection.execute(_ending(tx)) != "COMMIT":
                    # PostgreSQL rolls back without a word when a statement had failed before.
                    raise RuntimeError("a failed transaction was to be committed")
            except BaseException as error:
                with contextlib.suppress(*_BROKEN):
                    await connection.execute("ROLLBACK")
                if _went_away(connection, error):
                    raise Busy("The database went away.", retry_after=5) from error
                raise
        if tx.topics:
            self.signals.send(tx.topics)
        for done in tx.after_commit:
            done()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            connection = await self._pool.acquire(timeout=15)
        except (
            OSError,
            TimeoutError,
            asyncpg.CannotConnectNowError,
            asyncpg.TooManyConnectionsError,
            asyncpg.ConnectionDoesNotExistError,
        ) as error:
            raise Busy("The database does not answer right now.", retry_after=5) from error
        try:
            yield connection
        finally:
            with contextlib.suppress(*_BROKEN):
                await self._pool.release(connection)

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pool (LISTEN, maintenance); the caller closes it."""
        connection = await asyncpg.connect(
            self.dsn, server_settings={"application_name": "posthouse"}
        )
        await _set_codecs(connection)
        return connection

    async def close(self) -> None:
        """Close the pool; running transactions get five seconds."""
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()


async def open_database(dsn: str, *, pool_size: int = _POOL_SIZE) -> Database:
    """A pool of at most `pool_size` connections to `dsn`, acting as posthouse_app.

    Raises Busy when the server does not answer.
    """
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=pool_size,
            command_timeout=_COMMAND_TIMEOUT,
            max_inactive_connection_lifetime=300,
            init=_set_codecs,
            reset=_leave_as_it_is,
            server_settings={
                "role": "posthouse_app",
                "application_name": "posthouse",
                "idle_in_transaction_session_timeout": "30s",
                "jit": "off",
                "standard_conforming_strings": "on",
            },
        )
    except OSError as error:
        raise Busy("The database does not answer.", retry_after=5) from error
    return Database(pool, dsn, Signals())


async def _leave_as_it_is(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Everything here is SET LOCAL: asyncpg's own reset would cost each transaction a round trip.

    A transaction left open has been rolled back already when this is called.
    """


def _lock_key(subject: UUID) -> int:
    """The random end of the id; two that were equal would only wait for each other."""
    return int.from_bytes(subject.bytes[8:], signed=True)


def _went_away(connection: Connection, error: BaseException) -> bool:
    if isinstance(error, _GONE) or not isinstance(error, _BROKEN):
        return isinstance(error, _GONE)
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # closed so long ago that the pool has taken it back
        return True


def _ending(tx: Tx) -> str:
    """COMMIT, and before it what was announced: in one round trip, which has no parameters."""
    if not tx.announced:
        return "COMMIT"
    rows = ", ".join(
        f"({_literal(str(workspace))}, {_literal(kind)}, {_literal(_encode_json(body))})"
        for kind, workspace, body in tx.announced
    )
    return f"INSERT INTO events (workspace_id, kind, body) VALUES {rows}; COMMIT"


def _literal(text: str) -> str:
    """A string constant; the pool's connections have standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"


async def _set_codecs(connection: "asyncpg.Connection[asyncpg.Record] | Connection") -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            encoder=_encode_json,
            decoder=msgspec.json.decode,
            schema="pg_catalog",
        )
    # Built and read by mail/search as PostgreSQL's own bytes: no text parser, COPY possible.
    await connection.set_type_codec(
        "tsvector", encoder=bytes, decoder=bytes, schema="pg_catalog", format="binary"
    )
    await connection.set_type_codec(
        "xid8", encoder=str, decoder=int, schema="pg_catalog", format="text"
    )


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def constraint_of(error: asyncpg.PostgresError) -> str:
    """The constraint an integrity error broke, or ""."""
    details: Mapping[str, Any] = error.as_dict()
    return str(details.get("constraint_name") or "")
