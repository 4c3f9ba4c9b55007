"""Connections and transactions: one engine, one way in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from piccolo.engine.finder import engine_finder

from backend.config import settings
from backend.core.postgres import embedded_dsn
from backend.core.safe_engine import SafeEngine, UnresetConnection

CLOSE_SECONDS = 5.0
# What asyncpg and the socket raise while the database is away. InternalClientError is neither a
# PostgresError nor an InterfaceError: asyncpg 0.32 raises it when the server ends a session midway.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)


def dsn() -> str:
    """Where the database is: DATABASE_URL, else the embedded server's socket."""
    return settings().database_url or embedded_dsn(settings().data)


def engine() -> SafeEngine:
    found = engine_finder()
    if not isinstance(found, SafeEngine):
        raise TypeError("backend.piccolo_conf must define a SafeEngine")
    return found


async def start_pool(**options: Any) -> None:
    """Open the pool; `options` go to asyncpg.create_pool."""
    await engine().start_connection_pool(
        min_size=1,
        max_size=settings().pool_size,
        connection_class=UnresetConnection,
        command_timeout=30,
        server_settings={"application_name": "denghuo", "timezone": "UTC", "jit": "off"},
        **options,
    )


async def close_pool() -> None:
    """Close the pool; a connection that does not come back in time is cut."""
    pool = engine().pool
    if pool is None:
        return
    engine().pool = None
    try:
        await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def transaction() -> AsyncIterator[Any]:
    """A transaction (a savepoint inside another); gives the asyncpg connection it runs on."""
    async with engine().transaction():
        running = engine().current_transaction.get()
        if running is None:
            raise RuntimeError("no transaction after opening one")
        yield running.connection


@asynccontextmanager
async def connection() -> AsyncIterator[Any]:
    """The running transaction's connection, else one from the pool for the length of the block."""
    running = engine().current_transaction.get()
    if running is not None:
        yield running.connection
        return
    pool = engine().pool
    if pool is None:
        raise RuntimeError("the pool is not started")
    async with pool.acquire(timeout=engine().acquire_timeout) as borrowed:
        yield borrowed


async def direct_connection() -> Any:
    """A connection of its own, for LISTEN and session locks."""
    return await asyncpg.connect(dsn(), timeout=5)
