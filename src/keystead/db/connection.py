"""The face that both engines show: statements in, rows out.

Statements are SQLAlchemy Core; ours is only their execution. A `Prepared` statement is compiled once per
dialect and takes its values by name at each call; a plain statement is compiled, with its values, when it runs
(about 0.1 ms).
"""

from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import Dialect, Insert
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")
Parameters = Mapping[str, Any]
NO_PARAMETERS: Parameters = {}


class Row(Protocol):
    """A result row: values by position or by column name."""

    def __getitem__(self, key: int | str, /) -> Any: ...


class Compiled(NamedTuple):
    """SQL text, the names of its values in order, and the values that the statement itself carries."""

    text: str
    names: tuple[str, ...]
    carried: Parameters


class Prepared:
    """A statement whose SQL text is made once, for the statements that run often.

    An insert without `.values()` names every column of its table, an integer key too. A list of values for `IN`
    belongs to the statement: one that is given at the call needs a plain statement, because its length is text.
    """

    __slots__ = ("_compiled", "_returning_key", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}
        self._returning_key: Prepared | None = None

    def render(self, dialect: Dialect, parameters: Parameters) -> tuple[str, list[Any]]:
        """The SQL text and its values in order. Raises TypeError when a value is missing."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = compile_statement(self._statement, dialect)
        text, names, carried = found
        try:
            if not carried:
                return text, [parameters[name] for name in names]
            return text, [parameters[name] if name in parameters else carried[name] for name in names]
        except KeyError as missing:
            raise TypeError(f"the statement needs a value for {missing}") from None

    def returning_key(self) -> "Prepared":
        """This insert, with the new row's key as its answer."""
        if self._returning_key is None:
            statement = cast("Insert", self._statement)
            self._returning_key = Prepared(statement.returning(*statement.table.primary_key))
        return self._returning_key


Statement = ClauseElement | Prepared


def compile_statement(statement: ClauseElement, dialect: Dialect) -> Compiled:
    """Compiles a statement whose values come later. Raises TypeError when its text would depend on them."""
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
    required = {name for bind, name in compiled.bind_names.items() if bind.required}
    if any(bind.required for bind in compiled.post_compile_params):
        raise TypeError("a prepared statement cannot take the values of an IN at the call")
    # What the caller will give stands as None here; lists that the statement carries are spelled out in its text.
    state = compiled.construct_expanded_state(dict.fromkeys(required))
    carried = {name: value for name, value in state.parameters.items() if name not in required}
    return Compiled(state.statement, tuple(state.positiontup or ()), carried)


def render(statement: Statement, dialect: Dialect, parameters: Parameters) -> tuple[str, list[Any]]:
    """The SQL text and its values in order, of a statement of either sort."""
    if isinstance(statement, Prepared):
        return statement.render(dialect, parameters)
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
    state = compiled.construct_expanded_state(parameters)
    return state.statement, list(state.positional_parameters)


class Reader(Protocol):
    """Reads. `scan` is for reads that may be long: an engine runs them away from the event loop."""

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None: ...

    async def fetch_all(
        self, statement: Statement, parameters: Parameters = NO_PARAMETERS
    ) -> Sequence[Row]: ...

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        """For lists and exports: kept off the event loop, stopped when it takes too long.

        Raises a `Kind.UNAVAILABLE` error that says so when the engine's time limit is reached. A cache must not be
        filled from it: a change may be committed, and told to the cache, between the scan and its answer.
        """
        ...

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        """A scan of one column, of whole numbers: of a million rows it keeps eight bytes each, and no row."""
        ...


class Connection(Reader, Protocol):
    """Reads and writes, inside the writer's transaction."""

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        """Runs one write; returns the number of rows that it touched."""
        ...

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        """Runs an insert into a table with an integer key; returns the new key."""
        ...

    async def execute_many(self, statement: Statement, rows: Sequence[Parameters]) -> None:
        """Runs one write for each of `rows`, all of which give the same names."""
        ...


Job = Callable[[Connection], Awaitable[T]]
Landed = Callable[[Connection, T], Awaitable[bool]]


class Database(Reader, Protocol):
    """An engine: reads at any time, writes through this process's one writer."""

    async def write(
        self, job: Job[T], committed: Callable[[T], None] | None = None, landed: Landed[T] | None = None
    ) -> T:
        """Runs `job` alone, or beside others in a savepoint of one transaction; returns once that is durable.

        Jobs that wait at the same moment share a commit. A job awaits nothing but its connection, and may be run again
        when the engine had to undo it. One that raises is undone alone and its error is raised here; raises a
        `Kind.UNAVAILABLE` error when the storage failed, after which nothing of the job is kept. `committed` is called
        with the result after the commit and before anyone is answered, even when whoever asked has gone away.

        An engine can lose its server in the middle of a commit. It then asks `landed`, in a transaction of its own,
        whether what gave this result was kept; only if that cannot be found out does the error say that nobody knows.
        """
        ...

    async def record(self, job: Job[T]) -> T:
        """Like `write`, for what is no change: it takes no turn among the changes, and no lock that they wait for."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Reader]:
        """Several reads of one moment. Inside it nothing is awaited but its reader."""
        ...

    def waiting(self) -> int:
        """How many jobs wait for a writer at this moment."""
        ...

    async def close(self) -> None:
        """Finishes what waits, then closes. Whoever reads or writes afterwards is refused."""
        ...
