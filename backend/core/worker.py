"""The worker: claims jobs under a lease, runs them, retries them, drains on SIGTERM.

A claim moves `next_at` one lease ahead and counts the attempt, so a dead worker's jobs come back by
themselves and a worker that lost its lease can neither finish, fail nor extend the job. Database
effects are exactly-once (JobContext.transaction), outside effects at least once.
"""

import asyncio
import json
import logging
import os
import random
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from backend.core import db
from backend.core.jobs import JOBS, LANES, SCHEDULE, JobContext, LeaseLost, enqueue
from backend.core.log import context as log_context

log = logging.getLogger(__name__)

CLAIM = """
UPDATE job SET next_at = now() + make_interval(secs => $2), attempts = attempts + 1, leased_by = $3
WHERE id = ANY(ARRAY(
    SELECT id FROM job WHERE NOT dead AND next_at <= now() AND kind = ANY($4)
    ORDER BY priority DESC, next_at FOR UPDATE SKIP LOCKED LIMIT $1))
RETURNING id, kind, args, attempts, max_attempts"""

EXTEND = """
UPDATE job SET next_at = now() + make_interval(secs => $3)
FROM unnest($1::bigint[], $2::int2[]) AS own(id, attempt)
WHERE job.id = own.id AND job.attempts = own.attempt AND NOT dead
RETURNING job.id"""

FAIL = """
UPDATE job SET dead = $3, last_error = $4, next_at = now() + make_interval(secs => $5)
WHERE id = $1 AND attempts = $2"""

GIVE_BACK = (
    "UPDATE job SET next_at = now(), attempts = attempts - 1 WHERE id = $1 AND attempts = $2"
)
TAKE_SLOT = """
INSERT INTO job_slot (name, slot) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE job_slot.slot < excluded.slot"""


class Worker:
    """Runs the registered jobs until `stop` is set, then drains."""

    def __init__(
        self, *, lease: float = 15.0, concurrency: int = 8, poll: float = 2.0, drain: float = 20.0
    ) -> None:
        self.lease, self.concurrency, self.poll, self.drain = lease, concurrency, poll, drain
        self.name = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(2)}"
        self.running: dict[int, tuple[asyncio.Task[None], int]] = {}
        self.stop, self.wake = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        heartbeat = asyncio.create_task(self._heartbeat())
        sides = [asyncio.create_task(self._listen()), asyncio.create_task(self._schedule())]
        lanes = [asyncio.create_task(lane(self.stop)) for lane in LANES]
        while not self.stop.is_set():
            self.wake.clear()
            if not await self._claim():
                await self._rest()
        for side in sides:
            side.cancel()
        await self._finish(lanes)
        heartbeat.cancel()
        await asyncio.gather(*sides, heartbeat, return_exceptions=True)

    async def run_until_empty(self) -> None:
        """Everything that may run now; for tests and the demo bureau."""
        while await self._claim() or self.running:
            await asyncio.wait([task for task, _ in self.running.values()])

    async def _claim(self) -> bool:
        """Start what there is room for; True when there may be more."""
        free = self.concurrency - len(self.running)
        if free <= 0:
            return False
        try:
            async with db.connection() as connection:
                jobs = await connection.fetch(CLAIM, free, self.lease, self.name, list(JOBS))
        except db.AWAY as error:
            log.warning("claim failed", extra={"error": repr(error)})
            return False
        for found in jobs:
            task = asyncio.create_task(self._one(found))
            self.running[found["id"]] = (task, found["attempts"])
        return len(jobs) == free

    async def _rest(self) -> None:
        stopped = asyncio.create_task(self.stop.wait())
        woken = asyncio.create_task(self.wake.wait())
        await asyncio.wait({stopped, woken}, timeout=self.poll, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        woken.cancel()

    async def _one(self, found: Any) -> None:
        context = JobContext(found["id"], found["attempts"])
        try:
            with log_context(job=context.id, kind=found["kind"]):
                await JOBS[found["kind"]](context, **json.loads(found["args"]))
                if not context.finished:
                    async with context.transaction():
                        pass
        except LeaseLost:
            log.warning("lease lost", extra={"job": context.id, "kind": found["kind"]})
        except asyncio.CancelledError:
            await self._give_back(context)
        except Exception as error:  # noqa: BLE001 - whatever a job raises, the worker lives on
            await self._failed(found, error)
        finally:
            self.running.pop(context.id, None)
            self.wake.set()

    async def _failed(self, found: Any, error: Exception) -> None:
        dead = found["attempts"] >= found["max_attempts"]
        delay = min(3600.0, 2.0 * 2 ** (found["attempts"] - 1)) * random.uniform(0.8, 1.2)  # noqa: S311
        log.log(
            logging.ERROR if dead else logging.WARNING,
            "job failed",
            extra={"job": found["id"], "kind": found["kind"], "dead": dead},
            exc_info=error,
        )
        with suppress(*db.AWAY):  # with the database away the lease runs out by itself
            async with db.connection() as connection:
                await connection.execute(
                    FAIL, found["id"], found["attempts"], dead, repr(error)[:2000], delay
                )

    async def _give_back(self, context: JobContext) -> None:
        """At the drain deadline a job goes back at once, the attempt not counted."""
        with suppress(*db.AWAY):
            async with db.connection() as connection:
                await asyncio.shield(connection.execute(GIVE_BACK, context.id, context.attempt))

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.lease / 3)
            own = {job: attempt for job, (_, attempt) in self.running.items()}
            if not own:
                continue
            with suppress(*db.AWAY):
                async with db.connection() as connection:
                    kept = await connection.fetch(EXTEND, list(own), list(own.values()), self.lease)
                self._cancel(own.keys() - {row["id"] for row in kept})

    def _cancel(self, lost: set[int]) -> None:
        for number in lost & self.running.keys():
            self.running[number][0].cancel("lease lost")

    async def _listen(self) -> None:
        """Wakes the worker when a job is committed; polling covers every gap."""
        while True:
            with suppress(*db.AWAY):
                connection = await db.direct_connection()
                try:
                    await connection.add_listener("job", lambda *_: self.wake.set())
                    self.wake.set()
                    while True:
                        await asyncio.sleep(5)
                        await connection.execute("SELECT 1", timeout=5)
                finally:
                    connection.terminate()
            await asyncio.sleep(1)

    async def _schedule(self) -> None:
        while True:
            for kind, seconds in SCHEDULE.items():
                with suppress(*db.AWAY):
                    await self._schedule_one(kind, seconds)
            await asyncio.sleep(1)

    async def _schedule_one(self, kind: str, seconds: float) -> None:
        # Real time, not core.clock: a slot must be one for all processes.
        slot = datetime.fromtimestamp(datetime.now(UTC).timestamp() // seconds * seconds, UTC)
        async with db.transaction() as connection:
            taken = await connection.execute(TAKE_SLOT, kind, slot)
            if taken.endswith(" 1"):
                await enqueue(kind, dedup=f"schedule:{kind}", max_attempts=3)

    async def _finish(self, lanes: list[asyncio.Task[None]]) -> None:
        tasks = [task for task, _ in self.running.values()] + lanes
        if tasks:
            await asyncio.wait(tasks, timeout=self.drain)
        late = [task for task in tasks if not task.done()]
        for task in late:
            task.cancel("drain deadline")
        if late:
            await asyncio.wait(late, timeout=5)
