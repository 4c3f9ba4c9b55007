"""What the tests of accounts start from: rows of the feed, codes that were sent, people signed in."""

from datetime import timedelta
from typing import Any

import msgspec

from backend.accounts import service, sessions
from backend.accounts.schemas import (
    CookieSession,
    FeedCustomer,
    FeedStaff,
    FeedUsagePoint,
    ProveCode,
    RequestCode,
    TokenPair,
)
from backend.accounts.signing_in import sign_in_for_tokens
from backend.core import clock
from backend.core import db as database
from backend.core.feed import Row, Verdict
from backend.core.jobs import JobContext

PHONE, OTHER_PHONE = "13800000001", "13800000002"
NO, OTHER_NO = "3205110367", "3205110412"
METER = "320511036718"
ADDRESS = "198.51.100.7"


def customer(id: str = "C1", **more: Any) -> FeedCustomer:  # noqa: A002
    row = {"id": id, "name": "张桂兰", "kind": "residential", "phone": PHONE} | more
    return msgspec.convert(row, FeedCustomer)


def usage_point(id: str = NO, customer_id: str = "C1", **more: Any) -> FeedUsagePoint:  # noqa: A002
    row = {
        "id": id,
        "customer_id": customer_id,
        "address": "青禾大道 18 号 3 幢 1101",
        "area": "青禾花园",
        "voltage": "220V",
        "category": "居民生活",
        "feeder": "F01",
        "transformer": "T0103",
        "tariff": "residential_monthly",
        "meter": METER,
    }
    return msgspec.convert(row | more, FeedUsagePoint)


def member(id: str = "QH0102", **more: Any) -> FeedStaff:  # noqa: A002
    row = {"id": id, "name": "王强", "role": "agent", "phone": "13800000102"} | more
    return msgspec.convert(row, FeedStaff)


async def fed(*values: FeedCustomer | FeedUsagePoint | FeedStaff) -> list[Verdict]:
    """The verdicts on these rows, fed kind by kind in the order of the first of each."""
    kinds: dict[type, Any] = {
        FeedCustomer: service.accept_customers,
        FeedUsagePoint: service.accept_usage_points,
        FeedStaff: service.accept_staff,
    }
    verdicts: list[Verdict] = []
    for kind, accept in kinds.items():
        rows = [Row(line, one) for line, one in enumerate(values, 1) if type(one) is kind]
        if rows:
            verdicts += await accept(rows)
    return verdicts


async def household() -> None:
    """张桂兰 with one usage point, and a stranger with another."""
    await fed(
        customer(),
        customer("C2", name="李明", phone=OTHER_PHONE),
        usage_point(),
        usage_point(OTHER_NO, "C2", meter="320511041226"),
    )


async def proof(phone: str = PHONE) -> ProveCode:
    """A code that was asked for and is right."""
    await sql("DELETE FROM rate_count WHERE key ~ '^code'")
    sent = await service.request_code(RequestCode(phone=phone), ADDRESS)
    assert sent.dev_code
    return ProveCode(flow=sent.flow, phone=phone, code=sent.dev_code)


async def cookie(phone: str = PHONE) -> CookieSession:
    return await service.sign_in(await proof(phone), "", None)


async def tokens(phone: str = PHONE) -> TokenPair:
    return await sign_in_for_tokens(await proof(phone), "")


async def caller(phone: str = PHONE) -> service.Caller:
    found = await sessions.by_cookie((await cookie(phone)).token)
    assert found
    return found


async def sql(statement: str, *values: Any) -> list[Any]:
    async with database.connection() as connection:
        return list(await connection.fetch(statement, *values))


def at(**offset: float) -> Any:
    """The clock stands this much later."""
    return clock.frozen(clock.now() + timedelta(**offset))


async def as_job(function: Any) -> None:
    """Runs a job as the worker would."""
    row = await sql(
        """INSERT INTO job (kind, args, next_at, attempts, max_attempts, priority, dead, created_at)
        VALUES ('test', '{}', now(), 1, 1, 0, false, now()) RETURNING id"""
    )
    await function(JobContext(row[0]["id"], 1))
