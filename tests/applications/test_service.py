"""What customers and staff can do with applications, on a real database."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from backend.accounts.schemas import StaffCard
from backend.applications import service
from backend.applications.schemas import AnswerNudge, NudgeApplication, SubmitApplication
from backend.core import clock, i18n
from backend.core import db as database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from backend.promises.schemas import ExplainPromise
from tests.accounts.given import caller
from tests.applications.conftest import NOW
from tests.integration.feeding import POINT, event, feed

LI, WANG = "13800000002", "13800000009"
STAFF = StaffCard("S1", "李敏", "manager", "市场营销部")

pytestmark = pytest.mark.usefixtures("households")


async def sql(statement, *values):
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, *values)]


def later(**offset):
    return clock.frozen(NOW + timedelta(**offset))


# ── showing ────────────────────────────────────────────────────────────────


async def test_a_timeline_answers_at_a_glance():
    await feed("application-events", [event("accepted", "done", 9), event("survey", "started", 10)])

    shown = await service.show(await caller(LI), "A1")

    assert shown.state == "on_time"
    assert shown.headline == "正在办理“现场勘查”"
    assert shown.turn_text == "轮到供电所"
    assert shown.promise is not None
    assert (shown.promise.rule_title, shown.promise.due_on.isoformat()) == (
        "充电桩现场勘查",
        "2026-03-12",
    )
    assert shown.promise.due_words == "还剩 2 个工作日"
    assert shown.promise.source
    assert [day.kind for day in shown.promise.how] == ["counted"] * 3
    assert shown.next is not None
    assert (shown.next.name, shown.next.expected_on.isoformat()) == ("供电方案答复", "2026-03-12")
    assert shown.contacts.manager_name == "李敏"
    assert [stage.state for stage in shown.stages] == ["done", "now", "later", "later", "later"]
    assert shown.materials[0].name == "身份证明"
    assert shown.as_of == NOW


async def test_the_same_in_english():
    await feed("application-events", [event("accepted", "done", 9)])

    with i18n.using("en"):
        shown = await service.show(await caller(LI), "A1")

    text = msgspec.json.encode(shown).decode()
    assert shown.type_name == "Charger for an electric car"
    assert "等" not in text
    assert "工作日" not in text


async def test_waiting_for_the_customer_says_what_to_do_and_stops_the_clock():
    await feed(
        "application-events",
        [
            event("accepted", "done", 9),
            event("survey", "waiting_customer", 10, note="请提供车位证明"),
        ],
    )

    shown = await service.show(await caller(LI), "A1")

    assert (shown.state, shown.turn, shown.turn_text) == (
        "waiting_customer",
        "customer",
        "轮到您了",
    )
    assert shown.todo is not None
    assert shown.todo.text == "请提供车位证明"
    assert shown.promise is not None
    assert (shown.promise.state, shown.promise.due_words) == ("paused", "计时暂停")


async def test_late_without_a_reason_is_said_plainly_and_the_reason_is_shown_once_given():
    await feed("application-events", [event("accepted", "done", 2)])
    me = await caller(LI)
    before = await service.show(me, "A1")

    await service.explain(
        STAFF, "A1", ExplainPromise(reason="变压器缺货", next_step="3 月 12 日到货即装")
    )

    after = await service.show(me, "A1")
    assert before.state == "late"
    assert before.lateness is not None
    assert (before.lateness.days, before.lateness.reason) == (3, None)
    assert after.lateness is not None
    assert (after.lateness.reason, after.lateness.next_step) == (
        "变压器缺货",
        "3 月 12 日到货即装",
    )
    assert after.lateness.explained_at == NOW


async def test_what_the_utility_reports_after_the_due_time_explains_the_delay():
    with later(days=10):
        await feed(
            "application-events",
            [
                event("accepted", "done", 2, note="资料齐全"),
                event("survey", "started", 9, note="车位被占，改约", next_step="周三再来"),
                event("survey", "waiting_customer", 12, note="请把车位空出来"),
            ],
        )
        shown = await service.show(await caller(LI), "A1")

    assert shown.lateness is not None
    assert (shown.lateness.reason, shown.lateness.next_step) == ("车位被占，改约", "周三再来")
    assert shown.lateness.explained_at == datetime(2026, 3, 9, 2, tzinfo=UTC)
    assert shown.lateness.explained_at == shown.stages[1].events[0].at


async def test_only_what_is_late_can_be_explained():
    command = ExplainPromise(reason="没有晚", next_step="照常")

    with pytest.raises(Conflict):
        await service.explain(STAFF, "A1", command)
    with pytest.raises(NotFound):
        await service.explain(STAFF, "A9", command)


@pytest.mark.parametrize(
    ("events", "state", "headline"),
    [
        ([], "on_time", "已提交，等待受理"),
        ([("accepted", "done")], "on_time", "下一步是“现场勘查”，等待开始"),
        ([("accepted", "done"), ("survey", "rejected")], "rejected", "没有通过“现场勘查”"),
        ([("accepted", "withdrawn")], "withdrawn", "申请已经撤回"),
        ([("accepted", "done"), ("install", "done")], "done", "全部办完了"),
    ],
)
async def test_every_state_has_its_sentence(events, state, headline):
    await feed(
        "application-events",
        [
            event(stage, what, 9, at=f"2026-03-09T{10 + n}:00:00+08:00")
            for n, (stage, what) in enumerate(events)
        ],
    )

    shown = await service.show(await caller(LI), "A1")

    assert (shown.state, shown.headline) == (state, headline)


async def test_a_kept_and_a_broken_promise_stay_told_after_the_end():
    with later(days=20):
        await feed(
            "application-events",
            [
                event("accepted", "done", 2),
                event("survey", "done", 4),
                event("install", "done", 28),
            ],
        )
        shown = await service.show(await caller(LI), "A1")

    assert shown.state == "done"
    assert {one.rule_title: one.due_words for one in shown.promises} == {
        "充电桩现场勘查": "已按时完成",
        "低压供电方案答复": "没有按时完成",
        "充电桩装表接电": "已按时完成",
        "充电桩报装全过程": "没有按时完成",
    }
    assert shown.promise is not None
    assert shown.promise.rule_title == "充电桩报装全过程"
    assert shown.lateness is not None
    assert shown.next is None


async def test_the_words_of_the_days_left():
    await feed("application-events", [event("accepted", "done", 9)])
    me = await caller(LI)

    async def words(**offset):
        with later(**offset):
            shown = await service.show(me, "A1")
        return shown.promise.due_words

    assert await words(days=1) == "还剩 1 个工作日"
    assert await words(days=2, hours=-1) == "今天到期"
    assert await words(days=2, hours=1) == "已超期"
    assert await words(days=3) == "超期 1 个工作日"
    assert await words(days=4) == "超期 1 个工作日", "a Saturday adds no working day"
    assert await words(days=6) == "超期 2 个工作日"


async def test_the_list_has_the_newest_first_and_only_ones_own():
    await feed(
        "applications",
        [
            {
                "id": "A2",
                "type": "name_change",
                "customer_id": "C1",
                "submitted_at": "2026-03-09T10:00:00+08:00",
                "title": "改名",
            }
        ],
    )
    await feed("application-events", [event("accepted", "done", 3)])

    found = await service.list_applications(await caller(LI))

    assert [(line.no, line.title, line.state, line.stage_name) for line in found.items] == [
        ("A2", "改名", "on_time", "业务受理"),
        ("A1", "充电桩报装", "late", "现场勘查"),
    ]
    assert (found.items[1].stage_index, found.items[1].stage_count) == (2, 5)
    assert found.items[1].late_days == 2
    assert found.items[1].next_due_on.isoformat() == "2026-03-06"
    assert found.next is None


async def test_a_long_list_comes_in_pages_without_gaps():
    await feed(
        "applications",
        [
            {
                "id": f"P{n:03}",
                "type": "meter_test",
                "customer_id": "C1",
                "submitted_at": "2026-03-09T10:00:00+08:00",
            }
            for n in range(60)
        ],
    )
    me = await caller(LI)

    first = await service.list_applications(me)
    second = await service.list_applications(me, first.next)

    numbers = [line.no for line in first.items + second.items]
    assert len(first.items) == 50
    assert len(numbers) == len(set(numbers)) == 61
    assert second.next is None
    with pytest.raises(Invalid):
        await service.list_applications(me, "nonsense")


async def test_a_strangers_application_is_not_there():
    stranger = await caller(WANG)

    with pytest.raises(NotFound):
        await service.show(stranger, "A1")
    with pytest.raises(NotFound):
        await service.nudge(stranger, "A1", NudgeApplication())
    assert [line.no for line in (await service.list_applications(stranger)).items] == ["B1"]


# ── applying ───────────────────────────────────────────────────────────────


def command(**given):
    base = {"type": "ev_charger", "usage_point": POINT["id"]}
    return msgspec.convert(base | given, SubmitApplication)


async def test_an_application_entered_here_is_in_the_list_at_once_and_on_its_way():
    me = await caller(LI)

    made = await service.submit(
        me, command(title="车库充电桩", notes="地下一层 12 号", materials=["identity"])
    )

    assert made.no.startswith("DH260310-")
    assert (made.state, made.headline, made.origin) == ("on_time", "已提交，等待受理", "app")
    assert (made.title, made.notes) == ("车库充电桩", "地下一层 12 号")
    assert made.no in [line.no for line in await service.open_applications(me)]
    jobs = await sql("SELECT kind, args FROM job WHERE kind <> 'core.sms'")
    assert [(kind, json.loads(args)) for kind, args in jobs] == [
        ("integration.hand_over", {"application": made.no})
    ]


async def test_the_utility_takes_it_over_under_the_same_number():
    me = await caller(LI)
    made = await service.submit(me, command(title="车库充电桩"))
    handed = await service.for_utility(made.no)
    row = {
        name: value
        for name, value in msgspec.to_builtins(handed).items()
        if name not in ("notes", "materials", "phone") and value is not None
    }

    report = await feed("applications", [row])
    moved = await feed(
        "application-events", [event("accepted", "done", 10, application_id=made.no)]
    )

    assert (report.unchanged, report.errors) == (1, [])
    assert moved.created == 1
    assert (await service.show(me, made.no)).title == "车库充电桩"
    assert await service.for_utility("nothing") is None


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"usage_point": None}, Invalid, "usage_point"),
        ({"usage_point": "3205000002"}, NotFound, "usage_point"),
        ({"type": "hv_increase"}, Invalid, "type"),
        ({"materials": ["licence"]}, Invalid, "materials"),
    ],
)
async def test_what_cannot_be_applied_for_is_refused_with_the_field(given, error, field):
    with pytest.raises(error) as refused:
        await service.submit(await caller(LI), command(**given))

    assert refused.value.field == field


async def test_a_company_cannot_apply_for_what_is_for_homes():
    await feed(
        "customers", [{"id": "C3", "name": "厂", "kind": "industrial", "phone": "13800000003"}]
    )

    with pytest.raises(Invalid) as refused:
        await service.submit(
            await caller("13800000003"), command(type="lv_residential_new", usage_point=None)
        )

    assert refused.value.sentence == "这项业务面向企业用户。" or refused.value.field == "type"


async def test_somebody_without_any_usage_point_is_told_what_to_do():
    with pytest.raises(Conflict):
        await service.submit(
            await caller("13800000077"), command(type="lv_residential_new", usage_point=None)
        )


async def test_a_new_connection_hangs_on_the_customer_and_on_no_usage_point():
    made = await service.submit(
        await caller(LI), command(type="lv_residential_new", usage_point=None)
    )

    assert (made.usage_point, made.type) == (None, "lv_residential_new")


async def test_twenty_a_day_are_enough():
    me = await caller(LI)
    for _ in range(20):
        await service.submit(me, command())

    with pytest.raises(TooMany):
        await service.submit(me, command())


# ── nudging ────────────────────────────────────────────────────────────────


async def test_a_nudge_must_be_answered_within_a_working_day_and_the_answer_is_told():
    me = await caller(LI)

    asked = await service.nudge(me, "A1", NudgeApplication(text="师傅什么时候来？"))
    waiting = await service.show(me, "A1")
    queue = await service.open_nudges()
    with later(hours=2):
        answered = await service.answer(STAFF, asked.no, AnswerNudge(answer="明天上午到"))
        shown = await service.show(me, "A1")

    assert asked.due_at == datetime(2026, 3, 11, 16, tzinfo=UTC)
    assert (waiting.can_nudge, waiting.nudge_blocked_reason) == (
        False,
        "已经催办，供电局必须先答复您。",
    )
    assert [(one.application_no, one.text, one.late) for one in queue] == [
        ("A1", "师傅什么时候来？", False)
    ]
    assert (answered.state, answered.answer) == ("answered", "明天上午到")
    assert shown.nudges[0].answer == "明天上午到"
    assert await service.open_nudges() == []
    assert await sql("SELECT message FROM notification") == [("applications_nudge_answered",)]
    assert await sql("SELECT state FROM promise WHERE subject_kind = 'nudge'") == [("kept",)]


async def test_a_nudge_without_an_answer_is_late_the_day_after_next():
    me = await caller(LI)
    await service.nudge(me, "A1", NudgeApplication())

    with later(days=2):
        shown = await service.show(me, "A1")
        queue = await service.open_nudges()

    assert shown.nudges[0].state == "late"
    assert queue[0].late


async def test_one_nudge_a_working_day_and_none_while_one_waits():
    me = await caller(LI)
    first = await service.nudge(me, "A1", NudgeApplication())

    with pytest.raises(Conflict) as waiting:
        await service.nudge(me, "A1", NudgeApplication())
    await service.answer(STAFF, first.no, AnswerNudge(answer="已安排"))
    with pytest.raises(Conflict) as today:
        await service.nudge(me, "A1", NudgeApplication())
    with later(days=1):
        again = await service.nudge(me, "A1", NudgeApplication())

    assert waiting.value.sentence == "已经催办，供电局必须先答复您。"
    assert today.value.sentence == "今天已经催办过，下一个工作日可以再催。"
    assert again.state == "waiting"


async def test_there_is_nothing_to_nudge_about_on_ones_own_turn_or_after_the_end():
    me = await caller(LI)
    await feed("application-events", [event("survey", "waiting_customer", 9)])
    with pytest.raises(Conflict) as own_turn:
        await service.nudge(me, "A1", NudgeApplication())

    await feed("application-events", [event("survey", "rejected", 10)])
    with pytest.raises(Conflict) as over:
        await service.nudge(me, "A1", NudgeApplication())

    assert own_turn.value.sentence == "现在轮到您办理，您办好后我们马上继续。"
    assert over.value.sentence == "申请已经结束，不用催办了。"
    shown = await service.show(me, "A1")
    assert (shown.can_nudge, shown.nudge_blocked_reason) == (False, None)


async def test_whoever_may_only_look_may_not_nudge():
    me = await caller(LI)
    await sql("UPDATE access SET role = 'viewer' WHERE customer = 'C1'")

    shown = await service.show(me, "A1")

    assert shown.nudge_blocked_reason == "您可以查看这份申请，催办要由户主或家人来做。"
    with pytest.raises(Forbidden):
        await service.nudge(me, "A1", NudgeApplication())


async def test_a_nudge_is_answered_once():
    asked = await service.nudge(await caller(LI), "A1", NudgeApplication())
    await service.answer(STAFF, asked.no, AnswerNudge(answer="已安排"))

    with pytest.raises(Conflict):
        await service.answer(STAFF, asked.no, AnswerNudge(answer="已安排"))
    with pytest.raises(NotFound):
        await service.answer(STAFF, asked.no.__class__(int=1), AnswerNudge(answer="已安排"))
    assert await service.nudged_application(asked.no) == "A1"
    with pytest.raises(NotFound):
        await service.nudged_application(asked.no.__class__(int=1))


# ── what can be applied for ────────────────────────────────────────────────


def test_every_kind_of_business_is_in_the_catalogue_with_papers_and_a_deadline_or_the_plain_truth():
    groups = service.type_groups()

    types = [one for group in groups for one in group.types]
    assert [group.name for group in groups] == [
        "搬家入住",
        "充电桩与光伏",
        "改名过户",
        "增容减容",
        "计量与电价",
        "企业用电",
    ]
    assert len({one.code for one in types}) == 24
    assert all(one.materials and one.purpose and one.stages and one.promise for one in types)
    assert service.type_named("lv_residential_new").promise == "居民办电全过程：5 个工作日内"
    assert service.type_named("name_change").promise == "国家和公司还没有公布这项业务的期限。"
    with pytest.raises(NotFound):
        service.type_named("windmill")
