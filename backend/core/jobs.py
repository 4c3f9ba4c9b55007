"""Durable jobs on PostgreSQL: what to run, and how it is put in the queue.

`enqueue` writes on the caller's transaction, so a job exists if and only if the business rows do.
The worker that runs them is core/worker.py.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from backend.core import db

JobFunction = Callable[..., Awaitable[None]]
Lane = Callable[[asyncio.Event], Coroutine[Any, Any, None]]

JOBS: dict[str, JobFunction] = {}
SCHEDULE: dict[str, float] = {}
LANES: list[Lane] = []

ENQUEUE = """
INSERT INTO job (kind, args, dedup, priority, next_at, max_attempts, created_at)
SELECT $1, a::jsonb, d, $4, now() + make_interval(secs => $5), $6, now()
FROM unnest($2::text[], $3::text[]) AS t(a, d)
ON CONFLICT (dedup) WHERE dedup IS NOT NULL AND NOT dead DO NOTHING
RETURNING id"""

FINISH = "DELETE FROM job WHERE id = $1 AND attempts = $2 AND NOT dead"


class LeaseLost(Exception):
    """The lease went to another worker; whatever this one did must roll back."""


class JobContext(Struct):
    """The job being run."""

    id: int
    attempt: int
    finished: bool = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The handler's writes and the end of the job, together or not at all.

        Raises LeaseLost when this attempt no longer owns the job.
        """
        async with db.transaction() as connection:
            done = await connection.execute(FINISH, self.id, self.attempt)
            if done.endswith(" 0"):
                raise LeaseLost
            yield connection
        self.finished = True


def job(kind: str) -> Callable[[JobFunction], JobFunction]:
    """Registers `async def f(context, **args)` as the handler of this kind of job."""

    def register(function: JobFunction) -> JobFunction:
        JOBS[kind] = function
        return function

    return register


def every(seconds: float, kind: str) -> Callable[[JobFunction], JobFunction]:
    """Registers a job that every slot of `seconds` runs once, however many workers there are."""

    def register(function: JobFunction) -> JobFunction:
        SCHEDULE[kind] = seconds
        return job(kind)(function)

    return register


def lane(function: Lane) -> Lane:
    """Registers a loop that each worker process runs until its stop event is set."""
    LANES.append(function)
    return function


async def enqueue(
    kind: str,
    *,
    dedup: str | None = None,
    priority: int = 0,
    delay: float = 0,
    max_attempts: int = 8,
    **args: Any,
) -> None:
    """Put one job in the queue, in the caller's transaction; one open job a `dedup` key."""
    await enqueue_many(
        kind, [args], [dedup], priority=priority, delay=delay, max_attempts=max_attempts
    )


async def enqueue_many(
    kind: str,
    args: list[dict[str, Any]],
    dedups: list[str | None] | None = None,
    *,
    priority: int = 0,
    delay: float = 0,
    max_attempts: int = 8,
) -> None:
    """Many jobs of one kind in one statement; `delay` in seconds."""
    if kind not in JOBS:
        raise LookupError(f"no handler for the job {kind}")
    encoded = [json.dumps(one) for one in args]
    keys = dedups or [None] * len(args)
    async with db.connection() as connection:
        await connection.execute(ENQUEUE, kind, encoded, keys, priority, float(delay), max_attempts)
        await connection.execute("NOTIFY job")  # delivered at COMMIT, once a transaction
