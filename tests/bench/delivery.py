"""10,000 application events through the feed, to timelines, inbox entries and pushes, each once,
while the worker is killed with SIGKILL three times on the way.

Everything is real: `denghuo migrate`, `keys`, `import` and `worker` as processes, the embedded
PostgreSQL, and a push service that checks and decrypts every message. Prints what arrived how often,
and the rate beside the bare sending of the same number of messages by pywebpush's loop (bench push).

    bin/bench delivery [events]
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from tests.processes import ROOT, environment
from tests.push_crypto import from_base64url
from tests.push_service import PushService, running_push_service

CUSTOMERS = 200
STEPS = (
    ("accepted", "done"),
    ("survey", "started"),
    ("survey", "done"),
    ("plan", "started"),
    ("plan", "done"),
)
KILLS = (0.15, 0.4, 0.7)  # shares of all messages after which the worker dies
PATIENCE = 600.0


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    asyncio.run(run(events))


async def run(events: int) -> None:
    from backend.core.postgres import embedded_postgres

    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder)) as url:
        variables = environment(
            Path(folder), "http://localhost:8000", PUSH_ENDPOINT_ALLOW="http://127.0.0.1"
        ) | {"DATABASE_URL": url}
        async with running_push_service() as push:
            connection = await asyncpg.connect(await prepared(variables, Path(folder), url, push))
            started = time.monotonic()
            await fed(variables, Path(folder), "application-events", steps(events))
            fed_after = time.monotonic() - started
            repeated = await killed_thrice(variables, push, events)
            seconds = time.monotonic() - started
            await judged(connection, push, events, repeated)
            print(f"fed in {fed_after:.1f} s, all delivered after {seconds:.1f} s")
            again = await fed(variables, Path(folder), "application-events", steps(events))
            print(
                f"the same file again: {again['unchanged']} unchanged, {again['created']} created"
            )
            assert again["unchanged"] == events
            assert await connection.fetchval("SELECT count(*) FROM notification") == events
            await connection.close()


async def prepared(variables: dict[str, str], folder: Path, url: str, push: PushService) -> str:
    """An empty bureau whose customers all have one device; gives the database's address."""
    await denghuo(variables, "migrate")
    keys = json.loads(await denghuo(variables, "keys"))
    await fed(variables, folder, "customers", customers())
    await fed(variables, folder, "applications", applications())
    connection = await asyncpg.connect(url)
    for person in await connection.fetch("SELECT id FROM person"):
        await give_device(connection, person["id"], push, keys["vapid_public_key"])
    await connection.close()
    return url


def customers() -> list[dict[str, Any]]:
    return [
        {"id": f"C{n}", "name": f"客户{n}", "kind": "residential", "phone": f"138{n:08}"}
        for n in range(CUSTOMERS)
    ]


def applications() -> list[dict[str, Any]]:
    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    return [
        {
            "id": f"A{n}",
            "type": "ev_charger",
            "customer_id": f"C{n % CUSTOMERS}",
            "submitted_at": at,
        }
        for n in range(10_000)
    ]


def steps(events: int) -> list[dict[str, Any]]:
    since = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return [
        {
            "id": f"E{n}",
            "application_id": f"A{n // len(STEPS)}",
            "at": (since + timedelta(minutes=n % len(STEPS))).isoformat(),
            "stage": STEPS[n % len(STEPS)][0],
            "state": STEPS[n % len(STEPS)][1],
        }
        for n in range(events)
    ]


async def fed(
    variables: dict[str, str], folder: Path, kind: str, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    path = folder / f"{kind}.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    report: dict[str, Any] = json.loads(await denghuo(variables, "import", kind, str(path)))
    assert report["rejected"] == 0, report
    return report


async def denghuo(variables: dict[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend", *arguments,
        cwd=ROOT, env=variables, stdout=subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def give_device(connection: Any, person: Any, push: PushService, vapid_key: str) -> None:
    """A signed-in browser that agreed to be woken, by day and by night."""
    session, found, now = uuid4(), push.subscribe(vapid_key), datetime.now(UTC)
    await connection.execute(
        "INSERT INTO session (id, person, device, is_staff, created_at, seen_at, idle_expires_at,"
        " expires_at) VALUES ($1, $2, '', false, $3, $3, $4, $4)",
        session, person, now, now + timedelta(days=9),
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO push_subscription (id, person, session, endpoint, p256dh, auth, vapid_key, device,"
        " created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $8)",
        uuid4(), person, session, found.endpoint, from_base64url(found.p256dh), found.auth, vapid_key,
        now,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO quiet_hours (person, starts, ends) VALUES ($1, '00:00', '00:00')", person
    )


async def killed_thrice(variables: dict[str, str], push: PushService, events: int) -> int:
    """Sends all, killing the worker on the way; how many messages the kills may repeat in all."""
    from backend.notifications.jobs import PUSH_LANES
    from backend.notifications.sender import BATCH

    for share in KILLS:
        process = await worker(variables)
        await push.wait_for(int(events * share), within=PATIENCE)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    process = await worker(variables)
    async with asyncio.timeout(PATIENCE):
        while len({identity(message) for message in push.accepted}) < events:
            push.arrived.clear()
            await push.arrived.wait()
    process.terminate()
    assert await process.wait() == 0
    return PUSH_LANES * BATCH * len(KILLS)


async def worker(variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend", "worker", cwd=ROOT, env=variables
    )


def identity(message: Any) -> tuple[str, str, str, str]:
    """What was told to whom: in this bench each step of an application has words of its own."""
    payload = message.payload
    return message.endpoint, payload["url"], payload["title"], payload["body"]


async def judged(connection: Any, push: PushService, events: int, may_repeat: int) -> None:
    told = Counter(identity(message) for message in push.accepted)
    topics = {(message.payload["tag"], message.topic) for message in push.accepted}
    counts = {
        "timelines": await connection.fetchval(
            "SELECT count(*) FROM application WHERE stage <> 'accepted' AND updated_at > submitted_at"
        ),
        "events": await connection.fetchval("SELECT count(*) FROM application_event"),
        "inbox entries": await connection.fetchval("SELECT count(*) FROM notification"),
        "deliveries sent": await connection.fetchval(
            "SELECT count(*) FROM delivery WHERE state = 'sent'"
        ),
        "pushes told": len(told),
        "told twice (in flight at a kill, same topic)": sum(told.values()) - len(told),
        "text messages": await connection.fetchval(
            "SELECT count(*) FROM delivery WHERE channel = 'sms'"
        ),
    }
    for name, count in counts.items():
        print(f"{name:45} {count:>7}")
    assert counts["timelines"] == events // len(STEPS)
    assert counts["events"] == counts["inbox entries"] == counts["pushes told"] == events
    assert counts["deliveries sent"] == events
    assert sum(told.values()) - len(told) <= may_repeat
    assert len(topics) == len({tag for tag, _ in topics})
    assert push.problems == []


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    main()
