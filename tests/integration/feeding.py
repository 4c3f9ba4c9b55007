"""The feed as tests use it: rows in, report out, by the function behind both HTTP and the command."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from backend.integration.schemas import FeedReport
from backend.integration.service import FeedOptions, receive

Row = dict[str, Any]

CUSTOMER: Row = {"id": "C1", "name": "李明", "kind": "residential", "phone": "13800000002"}
POINT: Row = {
    "id": "3205000001",
    "customer_id": "C1",
    "address": "青禾镇柳岸路 8 号",
    "area": "青禾镇",
    "voltage": "220V",
    "category": "居民",
    "feeder": "F1",
    "transformer": "T1",
    "tariff": "residential",
}
APPLICATION: Row = {
    "id": "A1",
    "type": "ev_charger",
    "customer_id": "C1",
    "usage_point_id": "3205000001",
    "submitted_at": "2026-03-02T10:00:00+08:00",
}


def event(stage: str, state: str, day: int, **given: Any) -> Row:
    row = {
        "id": f"E-{stage}-{state}-{day}",
        "application_id": "A1",
        "at": f"2026-03-{day:02}T10:00:00+08:00",
        "stage": stage,
        "state": state,
    }
    return row | given


def ndjson(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


async def pieces(body: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def feed(kind: str, rows: Iterable[Row] | bytes, **options: Any) -> FeedReport:
    body = rows if isinstance(rows, bytes) else ndjson(rows)
    return await receive(kind, pieces(body), FeedOptions(**options))


async def feed_base(*events: Row) -> None:
    """One customer with one usage point and one application; the events in silence."""
    for kind, row in (
        ("customers", CUSTOMER),
        ("usage-points", POINT),
        ("applications", APPLICATION),
    ):
        report = await feed(kind, [row], notify=False)
        assert report.created == 1, report
    if events:
        await feed("application-events", events, notify=False)
