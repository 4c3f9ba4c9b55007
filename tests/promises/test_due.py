import asyncio
from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.core.clock import frozen
from backend.core.db import transaction
from backend.core.errors import Conflict, NotFound
from backend.core.jobs import JOBS, SCHEDULE, JobContext
from backend.core.tables import AuditEntry
from backend.promises import jobs as promise_jobs
from backend.promises import service
from backend.promises.rules import Pause, State
from backend.promises.schemas import ExplainPromise, PromiseView
from tests.promises.facts import at, clock_of, found_at, keep, notice_keys, plan, seen

# ---- finding what is due


async def test_it_is_found_due_soon_once(customer):
    await keep(at(2), plan(at(2)))

    assert await found_at(at(3, 23)) == 0
    assert await found_at(at(4, 0)) == 1
    assert await found_at(at(4, 1)) == 0
    with frozen(at(4, 2)):
        (waiting,) = await service.due_soon()
    assert (waiting.subject_id, waiting.subject) == ("A1", "低压居民新装")


async def test_it_is_found_overdue_once_and_the_customer_is_told_once(reader):
    await keep(at(2), plan(at(2)))
    await found_at(at(5))

    assert await found_at(at(5, 23)) == 0
    assert await found_at(at(6, 0)) == 1
    assert await found_at(at(6, 1)) == 0
    assert len(await notice_keys()) == 1
    with frozen(at(9)):
        (late,) = await service.overdue()
    assert late.promise.state is State.broken
    assert late.promise.days_left == -2
    assert late.promise.unexplained


async def test_an_open_page_sees_it_broken_even_before_the_worker_came_by(customer):
    await keep(at(2), plan(at(2)))

    (promise,) = await seen(at(6, 0))

    assert promise.state is State.broken


async def test_history_is_loaded_without_a_word(reader):
    await keep(at(20), plan(at(2)), silent=True)

    assert await found_at(at(20)) == 0
    assert await notice_keys() == []
    (promise,) = await seen(at(20))
    assert promise.state is State.broken


async def test_a_late_report_of_a_pause_takes_the_breach_back_and_a_second_one_is_told_again(
    reader,
):
    await keep(at(2), plan(at(2)))
    await found_at(at(6))

    await keep(at(6), plan(at(2), pauses=(Pause(at(3), at(6, 9)),)))

    (promise,) = await seen(at(6))
    assert (promise.state, promise.due_on) == (State.running, date(2026, 3, 10))
    await found_at(at(11))
    assert len(await notice_keys()) == 2


async def test_a_rolled_back_search_tells_nobody_and_finds_it_again(reader):
    await keep(at(2), plan(at(2)))

    with pytest.raises(RuntimeError, match="power cut"):
        async with transaction():
            await found_at(at(6))
            raise RuntimeError("power cut")

    assert await notice_keys() == []
    assert await found_at(at(6)) > 0
    assert len(await notice_keys()) == 1


async def test_two_workers_at_once_tell_each_breach_once(reader):
    rule = service.pack("sgcc").rule("plan_low_2024")
    clocks = [msgspec.structs.replace(clock_of(rule, at(2)), key=f"p{n}") for n in range(40)]
    await keep(at(2), *clocks)

    with frozen(at(6)):
        await asyncio.gather(service.find_due(), service.find_due())
        await asyncio.gather(service.find_due(), service.find_due())

    assert len(await notice_keys()) == 40


async def test_the_worker_looks_more_often_than_once_a_minute(reader):
    assert SCHEDULE["promises.find_due"] <= 30
    assert JOBS["promises.find_due"] is promise_jobs.find_due
    await keep(at(2), plan(at(2)))

    with frozen(at(6, 1)):
        await promise_jobs.find_due(JobContext(id=1, attempt=1))

    assert len(await notice_keys()) == 1


# ---- explaining

WHY = ExplainPromise(reason="雷雨天气，抢修优先", next_step="12 日前上门勘查")


async def explained(promise_id: UUID, now: datetime, command: ExplainPromise = WHY) -> PromiseView:
    with frozen(now):
        return await service.explain(promise_id, command, "S100")


async def test_a_broken_promise_says_plainly_that_no_reason_was_given_yet(customer):
    await keep(at(2), plan(at(2)))

    (promise,) = await seen(at(9))

    assert promise.unexplained
    assert (promise.reason, promise.explained_at) == ("", None)


async def test_it_carries_the_reason_and_the_next_step_that_staff_gave(reader):
    await keep(at(2), plan(at(2)))
    await found_at(at(6))
    (promise,) = await seen(at(6))

    await explained(promise.id, at(6, 15))

    (promise,) = await seen(at(7))
    assert (promise.reason, promise.next_step) == (WHY.reason, WHY.next_step)
    assert promise.explained_at == at(6, 15)
    assert not promise.unexplained
    assert len(await notice_keys()) == 2  # that it is late, and why
    (entry,) = await AuditEntry.select()
    assert (entry["actor"], entry["action"]) == ("S100", "promise.explain")


async def test_what_staff_said_stays_when_the_facts_move_on(customer):
    await keep(at(2), plan(at(2)))
    (promise,) = await seen(at(6))
    await explained(promise.id, at(6, 15))

    await keep(at(9), plan(at(2), done_at=at(9), reason="feed", next_step="feed"))

    (promise,) = await seen(at(9))
    assert (promise.state, promise.reason) == (State.kept_late, WHY.reason)


async def test_a_reason_that_came_with_the_facts_is_shown(customer):
    await keep(at(9), plan(at(2), reason="设备到货延迟", next_step="周五前装表"))

    (promise,) = await seen(at(9))

    assert (promise.reason, promise.next_step) == ("设备到货延迟", "周五前装表")
    assert not promise.unexplained


async def test_a_kept_promise_needs_no_explanation(customer):
    await keep(at(4), plan(at(2), done_at=at(4)))
    (promise,) = await seen(at(4))

    with pytest.raises(Conflict):
        await explained(promise.id, at(4))


async def test_a_promise_that_is_not_there_cannot_be_explained(db):
    with pytest.raises(NotFound):
        await explained(uuid4(), at(4))
