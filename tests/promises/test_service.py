from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.accounts.tables import Customer
from backend.core.clock import CHINA, frozen
from backend.core.db import transaction
from backend.core.errors import Conflict, NotFound
from backend.core.i18n import using
from backend.core.tables import AuditEntry
from backend.notifications import messages
from backend.promises import service
from backend.promises.calendar import CALENDAR
from backend.promises.rows import FIELDS
from backend.promises.rules import Pause, PromiseClock, Rule, State, SubjectKind
from backend.promises.schemas import ExplainPromise, PromiseView, Subject
from backend.promises.tables import Promise

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


@pytest.fixture
async def customer(db) -> None:
    await Customer.insert(Customer(id="C1", name="李明", kind="residential"))


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
    async with transaction() as connection:
        return [row["key"] for row in await connection.fetch("SELECT key FROM notification")]


@pytest.fixture
async def reader(customer) -> UUID:
    """A person who may see the customer, so that notices reach someone."""
    person = uuid4()
    async with transaction() as connection:
        await connection.execute(
            "INSERT INTO person (id, phone, locale, created_at)"
            " VALUES ($1, '13800000002', 'zh-CN', now())",
            person,
        )
        await connection.execute(
            "INSERT INTO access (id, person, customer, role, source, created_at)"
            " VALUES ($1, $2, 'C1', 'owner', 'phone', now())",
            uuid4(),
            person,
        )
    return person


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


def plan_whole(started_at: datetime) -> PromiseClock:
    return clock_of(service.pack("sgcc").rule("whole_residential_2023"), started_at)


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


# ---- the words of the messages

PARAMS = {
    "subject_zh": "低压居民新装",
    "subject_en": "New residential connection",
    "rule_zh": "低压供电方案答复",
    "rule_en": "Supply plan, low voltage",
    "due_on": "2026-03-05",
    "reason": "",
    "next_step": "",
}


def test_an_overdue_message_without_a_reason_says_so_in_both_languages():
    with frozen(at(6)):
        chinese = messages.render("promise_overdue", PARAMS, "zh-CN")
        english = messages.render("promise_overdue", PARAMS, "en")

    assert chinese.title == "低压供电方案答复：超过承诺时限"
    assert "还没有收到原因说明" in chinese.body
    assert english.title == "Overdue: Supply plan, low voltage"
    assert "No reason has been given yet" in english.body
    assert "New residential connection: we promised this by Thu 5 Mar" in english.body


def test_an_overdue_message_carries_the_reason_and_the_next_step():
    given = {**PARAMS, "reason": "雷雨天气", "next_step": "周五上门"}

    with frozen(at(6)):
        late = messages.render("promise_overdue", given, "zh-CN")
        why = messages.render("promise_explained", given, "zh-CN")

    for words in (late, why):
        assert "原因：雷雨天气" in words.body
        assert "下一步：周五上门" in words.body
