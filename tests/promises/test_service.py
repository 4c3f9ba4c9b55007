from datetime import date, datetime, timedelta

import msgspec

from backend.core.clock import CHINA, frozen
from backend.core.i18n import using
from backend.promises import service
from backend.promises.calendar import CALENDAR
from backend.promises.rows import FIELDS
from backend.promises.rules import Pause, State
from backend.promises.tables import Promise
from tests.promises.facts import SUBJECT, at, clock_of, found_at, keep, plan, plan_whole, seen


def test_the_rows_have_the_columns_of_the_table():
    assert {column._meta.name for column in Promise._meta.columns} == set(FIELDS)


# ---- following the facts


async def test_a_promise_shows_when_it_is_due_by_which_rule(customer):
    await keep(at(13, month=2), plan(at(13, month=2)))

    (promise,) = await seen(at(24, month=2))

    assert promise.due_on == date(2026, 2, 25)
    assert promise.state is State.running
    assert promise.days_left == 1
    assert promise.stage == "plan"
    assert promise.length == "3 个工作日"
    assert promise.source == "《供电营业规则》（国家发展改革委令第14号）"
    assert promise.source_url
    assert promise.source_url.startswith("https://www.ndrc.gov.cn/")
    assert not promise.confirmed
    assert promise.note
    assert [(day.kind, day.name) for day in promise.how] == [
        ("counted", "调休上班"),
        *[("off", "春节")] * 9,
        ("counted", ""),
        ("counted", ""),
    ]


async def test_it_is_told_in_english_too(customer):
    await keep(at(2), plan(at(2), pauses=(Pause(at(3), at(4)),)))

    with using("en"):
        (promise,) = await seen(at(5))

    assert promise.title == "Supply plan, low voltage"
    assert promise.length == "3 working days"
    assert promise.source == "Electricity Supply Business Rules (NDRC Order No. 14)"
    assert promise.department == "Local supply station"
    assert [(day.kind, day.name) for day in promise.how] == [
        ("counted", ""),
        ("paused", "waiting for you, paused"),
        ("counted", ""),
        ("counted", ""),
    ]


async def test_the_same_facts_again_change_nothing(customer):
    await keep(at(2), plan(at(2)))
    before = await Promise.select()

    await keep(at(3), plan(at(2)))

    assert await Promise.select() == before


async def test_a_promise_whose_clock_is_gone_is_removed(customer):
    await keep(at(2), plan(at(2)))

    await keep(at(2))

    assert await seen(at(3)) == []


async def test_what_is_done_in_time_is_kept_and_later_kept_late(customer):
    await keep(at(6), plan(at(2), done_at=at(5, 23)))
    (in_time,) = await seen(at(20))
    await keep(at(6), plan(at(2), done_at=at(6, 1)))
    (late,) = await seen(at(20))

    assert (in_time.state, late.state) == (State.kept, State.kept_late)
    assert (in_time.days_left, late.unexplained) == (None, True)


async def test_what_was_withdrawn_in_time_is_void_and_what_was_late_then_stays_broken(customer):
    await keep(at(4), plan(at(2), stopped_at=at(4)))
    (void,) = await seen(at(20))
    await keep(at(9), plan(at(2), stopped_at=at(9)))
    (late,) = await seen(at(20))

    assert (void.state, late.state) == (State.void, State.broken)
    assert await found_at(at(20)) == 0


async def test_an_old_promise_keeps_its_rule_when_the_rule_changes(customer):
    await keep(at(2), plan(at(2)))
    changed = msgspec.structs.replace(service.pack("sgcc").rule("plan_low_2024"), quantity=1)

    await keep(at(3), clock_of(changed, at(2), done_at=at(5)))

    (promise,) = await seen(at(6))
    assert (promise.quantity, promise.state) == (3, State.kept)


async def test_many_matters_are_kept_in_step_at_once(customer):
    promised = [
        (msgspec.structs.replace(SUBJECT, id=f"A{number}"), [plan(at(2)), plan_whole(at(2))])
        for number in range(300)
    ]

    with frozen(at(2)):
        await service.keep_many(promised)
        await service.keep_many(promised)

    assert await Promise.count() == 600


# ---- pauses


async def test_a_paused_promise_waits_with_the_customer(customer):
    await keep(at(4), plan(at(2), pauses=(Pause(at(4)),)))

    (before,) = await seen(at(4, 12))
    (later,) = await seen(at(11, 12))

    assert before.paused
    assert before.due_on == date(2026, 3, 5)
    assert later.paused
    assert later.due_on == date(2026, 3, 12)
    assert before.days_left == later.days_left == 1


async def test_a_paused_promise_is_never_found_overdue(customer):
    await keep(at(4), plan(at(2), pauses=(Pause(at(4)),)))

    assert await found_at(at(30)) == 0


async def test_after_the_pause_it_runs_on(customer):
    await keep(at(11), plan(at(2), pauses=(Pause(at(4), at(11)),)))

    (promise,) = await seen(at(11))

    assert (promise.state, promise.due_on) == (State.running, date(2026, 3, 12))


# ---- the calendar learns a year


async def test_a_provisional_due_date_becomes_certain_once_the_calendar_knows_the_year(customer):
    old = CALENDAR.until(date(2025, 12, 31))
    with frozen(at(13, month=2)):
        await service.keep_many([(SUBJECT, [plan(at(13, month=2))])], calendar=old)
        (guess,) = (await service.of(SUBJECT.kind, ["A1"], calendar=old))["A1"]

        assert await service.recalculate_provisional(old) == 0
        assert await service.recalculate_provisional() == 1
        assert await service.recalculate_provisional() == 0

    (certain,) = await seen(at(13, month=2))
    assert (guess.provisional, guess.due_on) == (True, date(2026, 2, 18))
    assert (certain.provisional, certain.due_on) == (False, date(2026, 2, 25))


async def test_a_date_in_2027_is_marked_as_provisional(customer):
    started_at = datetime(2026, 12, 30, 10, tzinfo=CHINA)
    await keep(started_at, plan(started_at))

    (promise,) = await seen(started_at + timedelta(hours=1))

    assert promise.due_on.year == 2027
    assert promise.provisional
