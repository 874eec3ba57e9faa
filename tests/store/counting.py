"""A reader that counts what lists fetch."""

from array import array
from collections.abc import Sequence

from keystead.db.connection import NO_PARAMETERS, Parameters, Reader, Row, Statement


class CountingReader:
    """Passes reads on, and counts statements and rows."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.statements = 0
        self.rows = 0

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        self.statements += 1
        self.rows += 1
        return await self._reader.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return self._counted(await self._reader.fetch_all(statement, parameters))

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return self._counted(await self._reader.scan(statement, parameters))

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        keys = await self._reader.scan_keys(statement, parameters)
        self.statements += 1
        self.rows += len(keys)
        return keys

    def _counted(self, rows: Sequence[Row]) -> Sequence[Row]:
        self.statements += 1
        self.rows += len(rows)
        return rows
