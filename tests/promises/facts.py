"""Facts that promises follow, and shorthand for what tests do with them."""

from collections.abc import Sequence
from datetime import datetime

from backend.core.clock import CHINA, frozen
from backend.core.db import connection
from backend.promises import service
from backend.promises.rules import PromiseClock, Rule, SubjectKind
from backend.promises.schemas import PromiseView, Subject

SUBJECT = Subject(
    kind=SubjectKind.application,
    id="A1",
    title_zh="低压居民新装",
    title_en="New residential connection",
    url="/applications/A1",
    customer="C1",
)


def at(day: int, hour: int = 10, *, month: int = 3) -> datetime:
    """A moment of 2026 in China; 2 March is a Monday."""
    return datetime(2026, month, day, hour, tzinfo=CHINA)


def plan(started_at: datetime, **facts) -> PromiseClock:
    """The plan within 3 working days."""
    rule = service.pack("sgcc").rule("plan_low_2024")
    return clock_of(rule, started_at, **facts)


def clock_of(rule: Rule, started_at: datetime, **facts) -> PromiseClock:
    return PromiseClock(
        key=rule.code,
        rule=rule,
        pack="sgcc",
        pack_version="2026.1",
        started_at=started_at,
        department_zh="供电所",
        department_en="Local supply station",
        **facts,
    )


def plan_whole(started_at: datetime) -> PromiseClock:
    return clock_of(service.pack("sgcc").rule("whole_residential_2023"), started_at)


async def keep(now: datetime, *clocks: PromiseClock, **options) -> None:
    with frozen(now):
        await service.keep(SUBJECT, clocks, **options)


async def seen(now: datetime, subject: Subject = SUBJECT) -> Sequence[PromiseView]:
    with frozen(now):
        return (await service.of(subject.kind, [subject.id]))[subject.id]


async def found_at(now: datetime) -> int:
    with frozen(now):
        return await service.find_due()


async def notice_keys() -> list[str]:
    async with connection() as borrowed:
        return [row["key"] for row in await borrowed.fetch("SELECT key FROM notification")]
