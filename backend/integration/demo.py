"""The demo bureau 青禾供电局: every slice's rows, sent through the feed itself."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.accounts import demo as accounts
from backend.applications import demo as applications
from backend.core import clock, db
from backend.integration.schemas import FeedReport
from backend.integration.service import FeedOptions, receive

Row = dict[str, Any]
NEWS = timedelta(days=4)  # younger steps are told, so that the inbox is not empty


class BadDemoRow(Exception):
    """A row of the demo bureau was refused: a mistake of ours, never of the operator's."""


async def is_empty() -> bool:
    async with db.connection() as connection:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM customer)")


async def fill() -> None:
    """Load the bureau; history in silence, the last days as news."""
    await _feed("staff", accounts.staff(), notify=False)
    await _feed("customers", accounts.customers(), notify=False)
    await _feed("usage-points", accounts.usage_points(), notify=False)
    await _feed("applications", applications.applications(), notify=False)
    since = clock.now() - NEWS
    steps = applications.events()
    await _feed("application-events", [s for s in steps if _at(s) < since], notify=False)
    await _feed("application-events", [s for s in steps if _at(s) >= since], notify=True)


def _at(step: Row) -> datetime:
    return datetime.fromisoformat(step["at"])


async def _feed(kind: str, rows: Sequence[Row], *, notify: bool) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"\n".join(msgspec.json.encode(row) for row in rows)

    report: FeedReport = await receive(kind, body(), FeedOptions(notify=notify))
    if report.rejected:
        raise BadDemoRow(f"{kind}: {report.errors[0]}")
