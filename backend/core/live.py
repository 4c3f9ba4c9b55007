"""Live updates across processes: hints over one LISTEN connection a process, the truth is fetched.

A hint is only a topic ("person:…"), never data: no payload limit, nothing personal in NOTIFY. Whenever
hints may have been missed (first connect, lost listener, overflow) the page gets `resync` and fetches
itself again, so nothing can stay stale.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.core import db

RESYNC = ""
StillAllowed = Callable[[], Awaitable[bool]]


async def hint(*topics: str) -> None:
    """Tell open pages that something changed; delivered at COMMIT, not at all on ROLLBACK."""
    async with db.connection() as connection:
        await connection.execute(
            "SELECT pg_notify('live', t) FROM unnest($1::text[]) t", sorted(set(topics))
        )


class Hub:
    """One a process: holds the listening connection and the open streams."""

    def __init__(self, *, ping: float = 20.0, life: float = 600.0, backlog: int = 64) -> None:
        self.ping, self.life, self.backlog = ping, life, backlog
        self.queues: dict[str, set[asyncio.Queue[str]]] = {}
        self.closing = asyncio.Event()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen for ever; a lost connection is replaced and everyone told to fetch again."""
        while True:
            with suppress(*db.AWAY):
                await self._listen_once()
            self.listening.clear()
            await asyncio.sleep(random.uniform(0.2, 1))  # noqa: S311 - spreads the reconnects

    async def _listen_once(self) -> None:
        connection = await db.direct_connection()
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda *_: gone.set())
            await connection.add_listener("live", self._on_hint)
            self.listening.set()
            self._resync_all()
            while not gone.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), 10)
                if not gone.is_set():  # a half-open connection is found by asking
                    await connection.execute("SELECT 1", timeout=5)
        finally:
            connection.terminate()

    def _on_hint(self, _connection: Any, _pid: int, _channel: str, topic: str) -> None:
        for queue in self.queues.get(topic, ()):
            self._put(queue, topic)

    def _resync_all(self) -> None:
        for queue in {queue for queues in self.queues.values() for queue in queues}:
            self._put(queue, RESYNC)

    def _put(self, queue: asyncio.Queue[str], topic: str) -> None:
        if queue.full():
            while not queue.empty():
                queue.get_nowait()
            topic = RESYNC
        queue.put_nowait(topic)

    def stream(self, topics: list[str], still_allowed: StillAllowed) -> ServerSentEvent:
        """Server-sent events for these topics; ends when `still_allowed` says no."""
        return ServerSentEvent(self._events(topics, still_allowed))

    async def _events(
        self, topics: list[str], still_allowed: StillAllowed
    ) -> AsyncIterator[ServerSentEventMessage]:
        queue: asyncio.Queue[str] = asyncio.Queue(self.backlog)
        for topic in topics:
            self.queues.setdefault(topic, set()).add(queue)
        try:
            retry = random.randint(500, 3000)  # noqa: S311 - spreads the reconnects
            yield ServerSentEventMessage(event="resync", data="", retry=retry)
            async for message in self._messages(queue, still_allowed):
                yield message
        finally:
            self._forget(topics, queue)

    async def _messages(
        self, queue: asyncio.Queue[str], still_allowed: StillAllowed
    ) -> AsyncIterator[ServerSentEventMessage]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.life * random.uniform(0.8, 1.2)  # noqa: S311
        while loop.time() < end and not self.closing.is_set():
            seen = await self._next(queue)
            if RESYNC in seen:
                yield ServerSentEventMessage(event="resync", data="")
            elif seen:
                for topic in sorted(seen):
                    yield ServerSentEventMessage(event="hint", data=topic)
            elif not await still_allowed():
                return
            else:
                yield ServerSentEventMessage(comment="ping")

    async def _next(self, queue: asyncio.Queue[str]) -> set[str]:
        """What came within one ping, bursts folded; empty when nothing did."""
        arrived = asyncio.create_task(queue.get())
        closing = asyncio.create_task(self.closing.wait())
        try:
            await asyncio.wait(
                {arrived, closing}, timeout=self.ping, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            closing.cancel()
            if not arrived.done():
                arrived.cancel()
        if not arrived.done() or arrived.cancelled():
            return set()
        seen = {arrived.result()}
        while not queue.empty():
            seen.add(queue.get_nowait())
        return seen

    def _forget(self, topics: list[str], queue: asyncio.Queue[str]) -> None:
        for topic in topics:
            waiting = self.queues.get(topic, set())
            waiting.discard(queue)
            if not waiting:
                self.queues.pop(topic, None)


hub = Hub()
"""The hub of this process."""
