"""Application events through the feed, as timelines, promises and news, against a bare COPY of the rows.

    bin/bench feed [events …]

Prints for each number of events the rows a second of a silent load, of a load that tells every customer,
and of the same rows sent again; and each ÷ the rate at which PostgreSQL takes the same rows by COPY into
a table without indexes, in the same run. What the feed does besides storing is all in that ratio.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

STEPS = (
    ("accepted", "done"),
    ("survey", "started"),
    ("survey", "done"),
    ("plan", "started"),
    ("plan", "done"),
)
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=8)
PIECE = 64 * 1024

Row = dict[str, Any]


def main() -> None:
    numbers = [int(given) for given in sys.argv[1:]] or [10_000, 100_000]
    from backend.core.postgres import embedded_postgres

    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder)) as url:
        # Before any module reads its settings: Piccolo takes the database's address at import.
        os.environ |= {"DENGHUO_DATA": folder, "DATABASE_URL": url}
        from backend.core import migrations

        asyncio.run(migrations.forwards())
        asyncio.run(run(numbers))


async def run(numbers: list[int]) -> None:
    from backend.core import db
    from tests.database import clean_tables

    await db.start_pool()
    for number in numbers:
        await one_run(number)
        await clean_tables()
    await db.close_pool()


async def one_run(number: int) -> None:
    floor = await copied(list(events(number, "F")))
    await feed("customers", customers(number), notify=False)
    await feed("applications", applications(number, "S"), notify=False)
    await feed("applications", applications(number, "N"), notify=False)
    rates = {
        "silent": await timed("application-events", list(events(number, "S")), notify=False),
        "told": await timed("application-events", list(events(number, "N")), notify=True),
        "again": await timed("application-events", list(events(number, "N")), notify=True),
    }
    print(f"{number} events · COPY {floor:,.0f} rows/s")
    for name, rate in rates.items():
        print(f"  {name:6} {rate:9,.0f} rows/s · {rate / floor:.3f} of COPY")


async def copied(rows: list[Row]) -> float:
    """The floor: the same values into a table without indexes."""
    from backend.core import db

    records = [(*row.values(), datetime.fromisoformat(row["at"])) for row in rows]
    records = [(one[0], one[1], one[-1], *one[3:-1]) for one in records]
    async with db.transaction() as connection:
        await connection.execute(
            "CREATE TEMP TABLE floor (id text, application text, at timestamptz, stage text,"
            " state text, note text) ON COMMIT DROP"
        )
        started = time.perf_counter()
        await connection.copy_records_to_table("floor", records=records)
        return len(rows) / (time.perf_counter() - started)


async def timed(kind: str, rows: list[Row], *, notify: bool) -> float:
    body = encoded(rows)
    started = time.perf_counter()
    report = await feed(kind, body, notify=notify)
    assert report.rejected == 0, report.errors[:3]
    return len(rows) / (time.perf_counter() - started)


async def feed(kind: str, rows: Iterator[Row] | bytes, *, notify: bool) -> Any:
    from backend.integration.service import FeedOptions, receive

    body = rows if isinstance(rows, bytes) else encoded(list(rows))
    return await receive(kind, pieces(body), FeedOptions(notify=notify))


def encoded(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]


def customers(number: int) -> Iterator[Row]:
    for n in range(max(1, number // 50)):
        yield {
            "id": f"C{n}",
            "name": f"客户{n}",
            "kind": "residential",
            "phone": f"139{n:08}",
        }


def applications(number: int, series: str) -> Iterator[Row]:
    for n in range(number // len(STEPS)):
        yield {
            "id": f"{series}{n}",
            "type": "ev_charger",
            "customer_id": f"C{n % max(1, number // 50)}",
            "submitted_at": START.isoformat(),
        }


def events(number: int, series: str) -> Iterator[Row]:
    """In order of time, as a utility's system sends them: every application's first, then every second."""
    for step, (stage, state) in enumerate(STEPS):
        for n in range(number // len(STEPS)):
            yield {
                "id": f"{series}{n}-{step}",
                "application_id": f"{series}{n}",
                "at": (START + timedelta(hours=20 * step, seconds=n % 3600)).isoformat(),
                "stage": stage,
                "state": state,
                "note": "按计划进行，经办人已联系客户",
            }


if __name__ == "__main__":
    main()
