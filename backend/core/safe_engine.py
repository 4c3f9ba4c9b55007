"""A Piccolo engine that never loses a pool connection.

Stock Piccolo 1.38 loses one for good on a failed COMMIT, on `gather` inside a transaction and when a
client hangs up twice while a rollback runs; a few of those and the whole server hangs. Here:
a failing BEGIN, COMMIT or ROLLBACK gives the connection back and clears the context variable; a nested
transaction is a savepoint; a task born inside a transaction is told so; waiting for the pool is bounded.
"""

import asyncio
from typing import Any, cast

from asyncpg import Connection, InterfaceError
from piccolo.engine.exceptions import TransactionError
from piccolo.engine.postgres import AsyncBatch, PostgresEngine, PostgresTransaction


class UnresetConnection(Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Back to the pool without a reset round trip: no query of ours leaves session state behind."""

    def get_reset_query(self) -> str:
        return ""


class SafeTransaction(PostgresTransaction):
    __slots__ = ("_savepoint", "done", "owner")

    async def __aenter__(self) -> Any:
        if self._parent is not None:
            self._savepoint = await self._parent.savepoint()
            return self._parent
        self.owner = asyncio.current_task()
        self.done = False
        self.connection = await self.get_connection()
        self.transaction = self.connection.transaction()
        try:
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def get_connection(self) -> Any:
        engine = cast(SafeEngine, self.engine)
        if engine.pool:
            return await engine.pool.acquire(timeout=engine.acquire_timeout)
        return await engine.get_new_connection()

    async def _give_back(self) -> None:
        if self.engine.pool:
            await asyncio.shield(self.engine.pool.release(self.connection, timeout=5))
        else:
            await self.connection.close(timeout=5)

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if self._parent is not None:
            return await self._leave_savepoint(error)
        try:
            if kind is not None:
                await self._undo()
            elif not self._committed and not self._rolled_back:
                await self.commit()
        finally:
            self.done = True
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _leave_savepoint(self, error: BaseException | None) -> bool:
        if error is not None:
            await self._savepoint.rollback_to()
        await self._savepoint.release()
        return False

    async def _undo(self) -> None:
        if self._rolled_back:
            return
        try:
            await self.rollback()
        except (InterfaceError, OSError):
            # The connection is gone, and the transaction with it.
            return


class SafeBatch(AsyncBatch):
    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        await super().__aexit__(kind, error, trace)
        return False  # Piccolo returns True here and so swallows the caller's exception.


class _OwnTransaction:
    """Stands in for Piccolo's context variable: a task sees only the transaction it opened itself."""

    def __init__(self, variable: Any) -> None:
        self._variable = variable

    def get(self) -> SafeTransaction | None:
        running: SafeTransaction | None = self._variable.get()
        if running is None or running.done:
            return None
        if running.owner is asyncio.current_task():
            return running
        raise TransactionError("a query from another task inside an open transaction")

    def set(self, transaction: SafeTransaction) -> Any:
        return self._variable.set(transaction)

    def reset(self, token: Any) -> None:
        self._variable.reset(token)


class SafeEngine(PostgresEngine):
    __slots__ = ("acquire_timeout", "current_transaction")

    def __init__(self, *args: Any, acquire_timeout: float = 3.0, **options: Any) -> None:
        super().__init__(*args, **options)
        self.acquire_timeout = acquire_timeout
        self.current_transaction = cast(Any, _OwnTransaction(self.current_transaction))

    async def check_version(self) -> None:
        """Piccolo connects here, at import; `denghuo doctor` checks the version instead."""

    async def prep_database(self) -> None:
        """Nothing to prepare: no extension is needed."""

    def transaction(self, allow_nested: bool = True) -> SafeTransaction:
        return SafeTransaction(engine=self, allow_nested=allow_nested)

    async def _run_in_pool(self, query: str, args: Any = None) -> Any:
        if self.pool is None:
            raise RuntimeError("the pool is not started")
        async with self.pool.acquire(timeout=self.acquire_timeout) as connection:
            return await connection.fetch(query, *(args or []))

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> SafeBatch:
        connection = await self.get_new_connection()
        return SafeBatch(connection=connection, query=query, batch_size=batch_size)
