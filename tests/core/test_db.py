"""What the stock engine gets wrong, and must not happen here (each was seen before it was written)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from backend.core import clock
from backend.core import db as database
from backend.core.tables import RateCount


async def _free_connections() -> int:
    pool = database.engine().pool
    assert pool is not None
    return pool.get_max_size() - (pool.get_size() - pool.get_idle_size())


async def _deferred_table() -> None:
    async with database.connection() as connection:
        await connection.execute("DROP TABLE IF EXISTS probe_child, probe_parent")
        await connection.execute("CREATE TABLE probe_parent (id int PRIMARY KEY)")
        await connection.execute(
            "CREATE TABLE probe_child "
            "(id int REFERENCES probe_parent DEFERRABLE INITIALLY DEFERRED)"
        )


async def test_a_failed_commit_gives_its_connection_back(db):
    await _deferred_table()
    before = await _free_connections()

    for _ in range(12):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with database.transaction() as connection:
                await connection.execute("INSERT INTO probe_child VALUES (1)")

    assert await _free_connections() == before
    async with database.transaction() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_the_failed_inner_part_of_a_transaction_is_undone_alone(db):
    await _deferred_table()

    async with database.transaction() as connection:
        await connection.execute("INSERT INTO probe_parent VALUES (1)")
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as inner:
                await inner.execute("INSERT INTO probe_parent VALUES (2)")
                raise ZeroDivisionError

    async with database.connection() as connection:
        assert [row["id"] for row in await connection.fetch("SELECT id FROM probe_parent")] == [1]


async def test_a_task_born_inside_a_transaction_is_told_so(db):
    async def query() -> None:
        async with database.connection() as connection:
            await connection.fetchval("SELECT 1")

    async with database.transaction():
        with pytest.raises(TransactionError):
            await asyncio.create_task(query())


async def test_a_client_that_hangs_up_twice_leaves_the_pool_full(db):
    before = await _free_connections()

    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute("SELECT pg_sleep(30)")

    for _ in range(12):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async with asyncio.timeout(10):
        while await _free_connections() != before:
            await asyncio.sleep(0.01)


async def test_waiting_for_a_connection_ends(db, monkeypatch):
    monkeypatch.setattr(database.engine(), "acquire_timeout", 0.05)
    pool = database.engine().pool
    assert pool is not None
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        with pytest.raises(TimeoutError):
            async with database.transaction():
                pass
    finally:
        for connection in held:
            await pool.release(connection)


async def test_queries_gathered_inside_a_transaction_are_refused_and_lose_no_connection(db):
    before = await _free_connections()

    async def query() -> None:
        async with database.connection() as connection:
            await connection.fetchval("SELECT pg_sleep(0.01)")

    for _ in range(12):
        with pytest.raises(TransactionError):
            async with database.transaction():
                await asyncio.gather(query(), query())

    assert await _free_connections() == before


async def test_after_a_failed_commit_the_same_task_queries_on_a_living_connection(db):
    await _deferred_table()

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO probe_child VALUES (1)")

    assert await RateCount.count() == 0


async def test_a_batch_does_not_swallow_the_error_of_its_reader(db):
    await RateCount(key="probe", window_start=clock.now(), hits=1).save()

    with pytest.raises(ZeroDivisionError):
        async with await RateCount.select().batch(batch_size=1) as batch:
            async for _ in batch:
                raise ZeroDivisionError


@pytest.fixture
async def another_pool(db) -> AsyncIterator[Any]:
    """The engine's pool for one test; the session's comes back afterwards."""
    engine = database.engine()
    kept, engine.pool = engine.pool, None
    await database.start_pool()
    yield engine.pool
    engine.pool = kept


async def test_closing_the_pool_ends_although_a_connection_is_out(another_pool, monkeypatch):
    held = await another_pool.acquire()
    monkeypatch.setattr(database, "CLOSE_SECONDS", 0.05)

    async with asyncio.timeout(5):
        await database.close_pool()

    with pytest.raises(asyncpg.InterfaceError):
        await held.fetchval("SELECT 1")
