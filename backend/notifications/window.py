"""How many messages may be under way to one push service: found by asking, as TCP does it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from backend.core import clock
from backend.notifications.answers import Meaning

FIRST, SMALLEST, LARGEST = 48.0, 4.0, 256.0
REMEMBERED = 100
ENOUGH = 20  # answers before a share of them means anything


class Window:
    """Of one origin: grows with each acceptance, shrinks with each limit, can pause."""

    def __init__(self) -> None:
        self.size = FIRST
        self.paused_until: datetime | None = None
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._recent: deque[Meaning] = deque(maxlen=REMEMBERED)
        self._was_limited = False

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Holds one of the window's places for the length of the block."""
        if self._under_way < int(self.size):
            self._under_way += 1
        else:
            await self._turn()
        try:
            yield
        finally:
            self._under_way -= 1
            self._admit()

    async def _turn(self) -> None:
        """Wait in line; whoever calls us has already taken the place for us."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # called in the moment we gave up
                self._under_way -= 1
                self._admit()
            raise

    def paused(self) -> bool:
        return self.paused_until is not None and clock.now() < self.paused_until

    def heard(self, meaning: Meaning) -> None:
        """Learn from one answer."""
        self._recent.append(meaning)
        if meaning is Meaning.limited or meaning is Meaning.unknown:
            self._was_limited = True
            self.size = max(SMALLEST, self.size * 0.7)
        else:
            self.size = min(LARGEST, self.size + (1 / self.size if self._was_limited else 0.25))

    def share(self, *meanings: Meaning) -> float:
        """How much of the recent answers meant this; 0 while there are too few to say."""
        if len(self._recent) < ENOUGH:
            return 0.0
        return sum(found in meanings for found in self._recent) / len(self._recent)

    def pause(self, seconds: float) -> None:
        self.paused_until = clock.now() + timedelta(seconds=seconds)
        self._recent.clear()

    def _admit(self) -> None:
        while self._waiting and self._under_way < int(self.size):
            turn = self._waiting.popleft()
            if not turn.done():
                self._under_way += 1
                turn.set_result(None)
