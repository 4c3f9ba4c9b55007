"""The push sender beside pywebpush's `webpush()` in a loop, against the local push service over TLS.

Interleaved rounds in one run; each prints messages a second, CPU a message, and the ratio to the loop.
The service runs as a process of its own and checks everything; "whole path" is claim, encrypt, send and
settle on a real PostgreSQL. Numbers of a busy machine move; the ratios hold.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import Request, urlopen

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:  # backend is imported only once its environment is set
    from backend.notifications.sender import PushSender

ROUNDS = 5
DELAYS = (0.0, 0.05)
NAIVE, OURS = 60, 2000
LOOP = "webpush() in a loop"


class Spent(NamedTuple):
    messages: int
    wall: float
    cpu: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Before backend is imported: its settings are read once.
        certificate = make_certificate(Path(folder))
        os.environ |= {"DENGHUO_DATA": folder, "PUSH_ENDPOINT_ALLOW": "https://127.0.0.1"}
        os.environ |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(certificate))
        from backend.core.postgres import embedded_postgres

        with embedded_postgres(Path(folder)) as url:
            os.environ["DATABASE_URL"] = url
            for delay in DELAYS:
                asyncio.run(compare(delay, certificate))


def make_certificate(folder: Path) -> Path:
    """For 127.0.0.1: the real services are https, and the handshake is what the loop pays most."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "service.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return path


async def compare(delay: float, certificate: Path) -> None:
    from backend.core import db
    from backend.notifications.keys import vapid, vapid_keys
    from backend.notifications.sender import PushSender
    from tests.database import clean_tables

    options = ["--decrypt-share", "0.05", "--delay", str(delay), "--certificate", certificate]
    service = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "tests.push_service", *map(str, options)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert service.stdout is not None
        origin = service.stdout.readline().strip()
        browsers = ask(origin, "/subscriptions", number=OURS, vapid_key=vapid_keys().public)
        await prepare_tables()
        push = PushSender(vapid())  # one for the life of a worker: its connections are kept
        await sender_alone(push, browsers)
        results: dict[str, list[Spent]] = defaultdict(list)
        for _ in range(ROUNDS):
            results[LOOP].append(await measured(lambda: loop(browsers)))
            results["sender"].append(await measured(lambda: sender_alone(push, browsers)))
            await plan(browsers)
            results["whole path"].append(await measured(lambda: whole_path(push)))
            await clean_tables()
        push.client.close()
        report(delay, results, ask(origin, "/counts"))
    finally:
        service.kill()
        service.wait()
        await db.close_pool()


def ask(origin: str, path: str, **body: Any) -> Any:
    request = Request(origin + path, data=json.dumps(body).encode() if body else None)  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - loopback
        return json.load(answer)


async def measured(work: Callable[[], Awaitable[int]]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    messages = await work()
    return Spent(messages, time.perf_counter() - wall, time.process_time() - cpu)


async def loop(browsers: list[dict[str, Any]]) -> int:
    """What pywebpush's own documentation shows."""
    from pywebpush import webpush

    from backend.config import settings
    from backend.notifications.messages import render

    key = str(settings().data / "keys" / "vapid.pem")
    for browser in browsers[:NAIVE]:
        words = render("notifications_test", {}, "zh-CN")
        webpush(
            browser,
            json.dumps({"title": words.title, "body": words.body}).ljust(512),
            vapid_private_key=key,
            vapid_claims={"sub": "mailto:power@example.org"},
            ttl=3600,
        )
    return NAIVE


async def sender_alone(push: "PushSender", browsers: list[dict[str, Any]]) -> int:
    """Render, encrypt and send; no database."""
    from backend.core import clock
    from backend.notifications.endpoints import parse_keys
    from backend.notifications.keys import vapid_keys
    from backend.notifications.sender import Due

    now = clock.now()
    facts: dict[str, Any] = {
        "attempts": 0, "expires_at": now + timedelta(hours=1), "matters": False, "params": "{}",
        "topic": "account", "message": "notifications_test", "url": "/", "tag": "t",
        "urgency": "normal", "happened_at": now, "locale": "zh-CN", "alive": True,
        "vapid_key": vapid_keys().public, "superseded": False,
    }  # fmt: skip
    due = []
    for number, browser in enumerate(browsers):
        p256dh, auth = parse_keys(**browser["keys"])
        ids: dict[str, Any] = {"id": number, "notification": number, "subscription": number}
        due.append(Due(endpoint=browser["endpoint"], p256dh=p256dh, auth=auth, **ids, **facts))
    outcomes = await push._send_all(due)
    assert {outcome.state for outcome in outcomes} == {"sent"}
    return len(due)


async def prepare_tables() -> None:
    from piccolo.table import create_db_tables

    from backend.core import db
    from backend.piccolo_app import APP_CONFIG, raw_indexes

    await db.start_pool()
    async with db.connection() as connection:
        if await connection.fetchval("SELECT to_regclass('delivery')") is not None:
            return
    await create_db_tables(*APP_CONFIG.table_classes)
    async with db.connection() as connection:
        for statement in raw_indexes():
            await connection.execute(statement)


async def plan(browsers: list[dict[str, Any]]) -> None:
    """A person with every browser is told one thing: one delivery for each of them."""
    from backend.core import clock, db
    from backend.notifications import service
    from backend.notifications.endpoints import parse_keys
    from backend.notifications.keys import vapid_keys
    from backend.notifications.schemas import Notice, Topic

    now = clock.now()
    keys = [parse_keys(**browser["keys"]) for browser in browsers]
    async with db.transaction() as connection:
        person = await connection.fetchval(
            "INSERT INTO person (id, phone, locale, created_at)"
            " VALUES (gen_random_uuid(), '13800000001', 'zh-CN', $1) RETURNING id", now,
        )  # fmt: skip
        session = await connection.fetchval(
            "INSERT INTO session (id, person, created_at, seen_at, idle_expires_at, expires_at)"
            " VALUES (gen_random_uuid(), $1, $2, $2, $2, $2) RETURNING id", person, now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO push_subscription (id, person, session, endpoint, p256dh, auth,"
            " vapid_key, device, created_at, seen_at) SELECT gen_random_uuid(), $1, $2, e, p, a,"
            " $3, '', $4, $4 FROM unnest($5::text[], $6::bytea[], $7::bytea[]) AS t(e, p, a)",
            person, session, vapid_keys().public, now, [one["endpoint"] for one in browsers],
            [p256dh for p256dh, _ in keys], [auth for _, auth in keys],
        )  # fmt: skip
        told = Notice(
            key="bench", topic=Topic.account, message="notifications_test", url="/", tag="t",
            person=person, safety=True,
        )  # fmt: skip
        await service.notify([told])


async def whole_path(push: "PushSender") -> int:
    """Two lanes until nothing is due, as the worker runs them."""

    async def lane() -> int:
        sent = 0
        while batch := await push.send_due():
            sent += batch
        return sent

    return sum(await asyncio.gather(lane(), lane()))


def report(delay: float, results: dict[str, list[Spent]], seen: dict[str, Any]) -> None:
    assert not seen["problems"], seen
    print(f"\nanswer time {delay * 1000:.0f} ms · {seen['counts']['201']} messages accepted")
    print(f"{'':22}{'msg/s':>9}{'CPU us':>9}{'x loop':>9}{'x loop (CPU)':>14}")
    base = results[LOOP]
    for name, rounds in results.items():
        rate = statistics.median(one.messages / one.wall for one in rounds)
        cpu = statistics.median(one.cpu / one.messages for one in rounds)
        pairs = list(zip(rounds, base, strict=True))
        faster = statistics.median((a.messages / a.wall) / (b.messages / b.wall) for a, b in pairs)
        cheaper = statistics.median((b.cpu / b.messages) / (a.cpu / a.messages) for a, b in pairs)
        print(f"{name:22}{rate:9.0f}{cpu * 1e6:9.0f}{faster:9.1f}{cheaper:14.1f}")


if __name__ == "__main__":
    main()
