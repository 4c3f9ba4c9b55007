"""A lane: a loop of the worker that does one batch after another and rests when there is none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from backend.core import db

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
AFTER_TROUBLE_SECONDS = 2.0

Step = Callable[[], Awaitable[int]]


async def run_lanes(stop: asyncio.Event, lanes: Sequence[tuple[Step, int]]) -> None:
    """Run each (step, full batch) until `stop`; a batch under way is finished first."""
    wakes = [asyncio.Event() for _ in lanes]
    listening = asyncio.create_task(_listen(wakes))
    try:
        async with asyncio.TaskGroup() as group:
            for (step, full), wake in zip(lanes, wakes, strict=True):
                group.create_task(_run(stop, wake, step, full))
    finally:
        listening.cancel()


async def _run(stop: asyncio.Event, wake: asyncio.Event, step: Step, full: int) -> None:
    while not stop.is_set():
        wake.clear()
        if await _try(step) < full:
            await _rest(stop, wake)


async def _try(step: Step) -> int:
    """The size of the batch; trouble is told and ends in a rest, never in the end of the lane."""
    try:
        return await step()
    except db.AWAY as error:
        log.warning("database away", extra={"error": repr(error)})
    except Exception as error:  # the worker's loop: one broken batch must not stop the others
        log.error("batch failed", exc_info=error)
    await asyncio.sleep(AFTER_TROUBLE_SECONDS)
    return 0


async def _rest(stop: asyncio.Event, wake: asyncio.Event) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(wake.wait())]
    await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _listen(wakes: list[asyncio.Event]) -> None:
    """Wakes every lane when deliveries are committed; polling covers every gap."""

    def wake_all(*_: object) -> None:
        for wake in wakes:
            wake.set()

    while True:
        with suppress(*db.AWAY):
            connection = await db.direct_connection()
            try:
                await connection.add_listener("delivery", wake_all)
                wake_all()
                while True:
                    await asyncio.sleep(5)
                    await connection.execute("SELECT 1", timeout=5)
            finally:
                connection.terminate()
        await asyncio.sleep(1)
