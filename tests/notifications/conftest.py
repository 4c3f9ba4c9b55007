"""A push service on loopback, a browser's subscription, and people who are told things."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jinja2
import pytest

from backend.accounts.access import Caller
from backend.accounts.rules import CallerKind
from backend.config import settings
from backend.core import clock
from backend.core import db as database
from backend.notifications import messages, service
from backend.notifications.keys import vapid
from backend.notifications.schemas import Notice, PushKeys, Subscribe, Topic
from backend.notifications.sender import PushSender
from tests.push_service import PushService, Subscription, running_push_service

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # 12:00 in China, nobody's night

WORDING = {
    "messages/news.txt": "{{ _('申请 %(no)s 有新进展', no=no) }}\n{{ stage }} 已完成。",
    "messages/plain.txt": "有一条消息\n请查看。",
    "messages/broken.txt": "{{ 1 / 0 }}",
}


@pytest.fixture
async def push_service() -> AsyncIterator[PushService]:
    """Running for one test; whatever the server did wrong fails it at the end."""
    async with running_push_service() as service:
        yield service
        assert not service.problems


@pytest.fixture
def subscription() -> Subscription:
    return PushService().subscribe()


@pytest.fixture
def noon():
    with clock.frozen(NOON):
        yield NOON


@pytest.fixture(autouse=True)
def wording(monkeypatch):
    environment = messages._environment()
    assert environment.loader is not None
    loaders = [jinja2.DictLoader(WORDING), environment.loader]
    monkeypatch.setattr(environment, "loader", jinja2.ChoiceLoader(loaders))


@pytest.fixture
def text_messages():
    """What stands in the SMS outbox; empty at the start."""
    path = Path(settings().data) / "outbox" / "sms.ndjson"
    path.unlink(missing_ok=True)

    def read() -> list[dict[str, str]]:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture
async def sender(db) -> AsyncIterator[PushSender]:
    found = PushSender(vapid())
    found.client.timeout = 0.3
    yield found
    found.client.close()


async def fetch(sql: str, *values: Any) -> list[Any]:
    async with database.connection() as connection:
        return list(await connection.fetch(sql, *values))


async def make_person(phone: str = "13800000001", locale: str = "zh-CN") -> Caller:
    """A signed-in person."""
    person, session, now = uuid4(), uuid4(), clock.now()
    await fetch(
        "INSERT INTO person (id, phone, name, locale, created_at) VALUES ($1, $2, '张桂兰', $3, $4)",
        person,
        phone,
        locale,
        now,
    )
    await fetch(
        "INSERT INTO session (id, person, device, is_staff, created_at, seen_at, idle_expires_at,"
        " expires_at) VALUES ($1, $2, 'test', false, $3, $3, $4, $4)",
        session,
        person,
        now,
        now + timedelta(days=1),
    )
    return caller_of(person, session, phone, locale)


def caller_of(person: UUID, session: UUID, phone: str, locale: str = "zh-CN") -> Caller:
    return Caller(
        person_id=person,
        session_id=session,
        phone=phone,
        name="张桂兰",
        locale=locale,
        kind=CallerKind.cookie,
    )


async def make_customer(number: str = "C1", points: tuple[str, ...] = ()) -> str:
    await fetch(
        "INSERT INTO customer (id, name, kind) VALUES ($1, '张桂兰', 'residential')", number
    )
    for point in points:
        await fetch(
            "INSERT INTO usage_point (id, customer, address, area, voltage, category, feeder,"
            " transformer, tariff, priority)"
            " VALUES ($1, $2, '青禾路 1 号', '青禾', '220V', '居民', 'F1', 'T1', 'R1', 'none')",
            point,
            number,
        )
    return number


async def give_access(
    caller: Caller,
    *,
    customer: str | None = None,
    usage_point: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    await fetch(
        "INSERT INTO access (id, person, customer, usage_point, role, source, created_at,"
        " expires_at) VALUES ($1, $2, $3, $4, 'owner', 'phone', $5, $6)",
        uuid4(),
        caller.person_id,
        customer,
        usage_point,
        clock.now(),
        expires_at,
    )


async def subscribe(caller: Caller, push_service: PushService) -> Subscription:
    """A browser of this person, known to the push service and to us."""
    made = push_service.subscribe(service.push_key().key)
    command = Subscribe(endpoint=made.endpoint, keys=PushKeys(**made.keys), device="Chrome")
    await service.subscribe(caller, command)
    return made


def notice(key: str = "K1", **fields: Any) -> Notice:
    given: dict[str, Any] = {
        "topic": Topic.application,
        "message": "plain",
        "url": "/applications/A1",
        "tag": "application:A1",
    }
    return Notice(key=key, **(given | fields))


async def states(channel: str = "push") -> list[str]:
    rows = await fetch("SELECT state FROM delivery WHERE channel = $1 ORDER BY id", channel)
    return [row["state"] for row in rows]
