"""The queue: a job exists with its rows or not at all, runs once, and comes back when its worker dies."""

import asyncio
import json

import pytest

from backend.core import db as database
from backend.core import jobs
from backend.core.jobs import LeaseLost, enqueue, enqueue_many
from backend.core.worker import CLAIM, Worker


@pytest.fixture(autouse=True)
def probe(db, monkeypatch):
    """A registry with one kind of job, whose effect is a row that must not be written twice."""
    done: list[int] = []
    monkeypatch.setattr(jobs, "LANES", [])
    monkeypatch.setattr("backend.core.worker.LANES", [])
    monkeypatch.setattr("backend.core.worker.SCHEDULE", {})

    async def note(context, *, n):
        async with context.transaction():
            done.append(n)

    async def fail(context, *, n):
        raise ValueError(n)

    monkeypatch.setitem(jobs.JOBS, "probe.note", note)
    monkeypatch.setitem(jobs.JOBS, "probe.fail", fail)
    return done


async def rows() -> list[dict]:
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch("SELECT * FROM job ORDER BY id")]


async def test_a_job_of_a_rolled_back_transaction_does_not_exist():
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await enqueue("probe.note", n=1)
            raise ZeroDivisionError

    assert await rows() == []


async def test_each_job_runs_once(probe):
    await enqueue_many("probe.note", [{"n": n} for n in range(200)])

    await asyncio.gather(*(Worker(concurrency=5).run_until_empty() for _ in range(3)))

    assert sorted(probe) == list(range(200))
    assert await rows() == []


async def test_one_open_job_a_dedup_key():
    await asyncio.gather(*(enqueue("probe.note", dedup="one", n=n) for n in range(20)))

    assert len(await rows()) == 1


async def test_a_job_without_a_handler_is_refused():
    with pytest.raises(LookupError):
        await enqueue("probe.unknown", n=1)


async def test_a_failing_job_waits_longer_each_time_and_then_is_kept_as_dead():
    await enqueue("probe.fail", max_attempts=2, n=7)

    for _ in range(2):
        await Worker().run_until_empty()
        async with database.connection() as connection:
            await connection.execute("UPDATE job SET next_at = now()")
    (row,) = await rows()

    assert row["dead"]
    assert row["attempts"] == 2
    assert "7" in row["last_error"]


async def test_a_dead_worker_s_job_comes_back_and_its_late_finish_is_refused(probe):
    await enqueue("probe.note", n=1)
    async with database.connection() as connection:
        (claimed,) = await connection.fetch(CLAIM, 1, 0.0, "dead worker", ["probe.note"])
    zombie = jobs.JobContext(claimed["id"], claimed["attempts"])

    await Worker().run_until_empty()
    with pytest.raises(LeaseLost):
        await jobs.JOBS["probe.note"](zombie, **json.loads(claimed["args"]))

    assert probe == [1]


async def test_any_number_of_workers_schedule_a_slot_once(monkeypatch):
    monkeypatch.setitem(jobs.JOBS, "probe.often", jobs.JOBS["probe.note"])

    await asyncio.gather(*(Worker()._schedule_one("probe.often", 3600.0) for _ in range(6)))

    assert len(await rows()) == 1


async def test_what_cannot_finish_before_the_drain_deadline_goes_back_uncounted(monkeypatch):
    started = asyncio.Event()

    async def endless(context, *, n):
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setitem(jobs.JOBS, "probe.note", endless)
    await enqueue("probe.note", n=1)
    worker = Worker(drain=0.05)
    running = asyncio.create_task(worker.run())
    await started.wait()
    worker.stop.set()
    await running
    (row,) = await rows()

    assert row["attempts"] == 0
    assert not row["dead"]
