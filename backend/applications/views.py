"""An application as its customer reads it: where it is, whose turn, until when, why, what comes next."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from backend.applications import catalogue
from backend.applications.deadlines import deadline, lateness, main
from backend.applications.lines import word
from backend.applications.rules import (
    OPEN,
    ApplicationState,
    Event,
    EventState,
    Origin,
    StageState,
    Turn,
)
from backend.applications.schemas import (
    ApplicationView,
    ContactsView,
    DeadlineView,
    EventView,
    NextView,
    NudgeView,
    StageView,
    TodoView,
)
from backend.applications.subjects import Facts
from backend.applications.timeline import StageFacts, Timeline
from backend.applications.types import materials
from backend.config import settings
from backend.core.i18n import N_, _, said
from backend.promises.schemas import Names, Pack, PromiseView, State

EVENT_TEXTS = {
    EventState.started: N_("开始办理"),
    EventState.waiting_customer: N_("等您办理"),
    EventState.resumed: N_("恢复办理"),
    EventState.done: N_("办理完成"),
    EventState.rejected: N_("未通过"),
    EventState.withdrawn: N_("申请撤回"),
}
ENDS = {
    ApplicationState.done: N_("已办结"),
    ApplicationState.rejected: N_("未通过"),
    ApplicationState.withdrawn: N_("已撤回"),
}


class FullRow(Struct, frozen=True):
    """What of an application does not follow from its events."""

    id: str
    type: str
    customer: str
    usage_point: str | None
    submitted_at: datetime
    voltage: str | None
    sources: int | None
    title: str | None
    origin: str
    form: str | None
    address: str | None
    manager_name: str | None
    manager_phone: str | None
    may_act: bool


class FormNotes(Struct, frozen=True):
    """What the customer wrote when applying here."""

    notes: str | None = None
    materials: tuple[str, ...] = ()
    phone: str | None = None


class NudgeRow(Struct, frozen=True):
    id: UUID
    at: datetime
    text: str
    answered_at: datetime | None
    answer: str | None


class Whole(Struct, frozen=True, kw_only=True):
    """All that an application's page is made of."""

    row: FullRow
    facts: Facts
    timeline: Timeline
    promises: list[PromiseView]
    nudges: list[NudgeView]
    nudge_block: str | None
    pack: Pack
    now: datetime

    @property
    def over(self) -> bool:
        return self.timeline.state not in OPEN


def application_view(whole: Whole) -> ApplicationView:
    row, timeline = whole.row, whole.timeline
    card = whole.pack.types[whole.facts.type]
    entry = catalogue.catalogue().types[whole.facts.type]
    chosen = main(whole.promises, over=whole.over)
    shown = [promise for promise in whole.promises if promise.state is not State.void]
    form = msgspec.json.decode(row.form, type=FormNotes) if row.form else FormNotes()
    return ApplicationView(
        no=row.id,
        title=row.title or _said(card.title),
        type=whole.facts.type,
        type_name=_said(card.title),
        origin=Origin(row.origin),
        usage_point=row.usage_point,
        address=row.address,
        submitted_at=row.submitted_at,
        state=word(timeline.state, whole.promises),
        headline=headline(timeline),
        turn=timeline.turn,
        turn_text=_turn_text(timeline),
        todo=_todo(timeline),
        promise=deadline(chosen, over=whole.over) if chosen else None,
        promises=[deadline(promise, over=whole.over) for promise in shown],
        lateness=lateness(whole.promises, whole.now, over=whole.over),
        next=_next(whole),
        stages=[_stage(facts, whole) for facts in timeline.stages if facts.shown],
        contacts=ContactsView(
            manager_name=row.manager_name,
            manager_phone=row.manager_phone,
            hotline=settings().utility_hotline,
        ),
        materials=materials(entry),
        notes=form.notes,
        nudges=whole.nudges,
        can_nudge=whole.nudge_block is None and not whole.over,
        nudge_blocked_reason=whole.nudge_block,
        updated_at=timeline.updated_at,
        as_of=whole.now,
    )


def headline(timeline: Timeline) -> str:
    """Where it is, in one sentence."""
    stage = _said(timeline.stage.step.title)
    if timeline.state is ApplicationState.done:
        return _("全部办完了")
    if timeline.state is ApplicationState.rejected:
        return _("没有通过“%(stage)s”", stage=stage)
    if timeline.state is ApplicationState.withdrawn:
        return _("申请已经撤回")
    if timeline.turn is Turn.customer:
        return _("“%(stage)s”等您办理", stage=stage)
    if timeline.stage.events:
        return _("正在办理“%(stage)s”", stage=stage)
    if timeline.current == 0:
        return _("已提交，等待受理")
    return _("下一步是“%(stage)s”，等待开始", stage=stage)


def _turn_text(timeline: Timeline) -> str:
    if timeline.state in ENDS:
        return _(ENDS[timeline.state])
    if timeline.turn is Turn.customer:
        return _("轮到您了")
    return _("轮到%(department)s", department=_said(timeline.stage.department))


def _todo(timeline: Timeline) -> TodoView | None:
    if timeline.todo is None:
        return None
    names = timeline.todo.names
    words = timeline.todo.words or (_said(names) if names else _("请按供电局的通知办理。"))
    return TodoView(words, timeline.todo.since)


def _next(whole: Whole) -> NextView | None:
    """The stage after the current one, and what the utility said would follow."""
    timeline = whole.timeline
    last = max(timeline.events, key=lambda event: (event.at, event.id), default=None)
    text = (last.next_step or "") if last is not None else ""
    later = [facts for facts in timeline.stages if facts.state is StageState.later and facts.shown]
    if whole.over or not later:
        return NextView(name="", department="", text=text, expected_on=None) if text else None
    following = later[0]
    promised = [one for one in whole.promises if one.stage == following.step.stage]
    return NextView(
        name=_said(following.step.title),
        department=_said(following.department),
        text=text,
        expected_on=promised[0].due_on if promised else None,
    )


def _stage(facts: StageFacts, whole: Whole) -> StageView:
    promised = [one for one in whole.promises if one.stage == facts.step.stage]
    told = next((one for one in promised if one.state is not State.void), None)
    return StageView(
        code=facts.step.stage,
        name=_said(facts.step.title),
        state=facts.state,
        owner=facts.step.turn.value,
        department=_said(facts.department),
        started_at=facts.started_at,
        done_at=facts.done_at,
        promise=_stage_deadline(told, whole),
        events=[_event(event) for event in facts.events],
    )


def _stage_deadline(promise: PromiseView | None, whole: Whole) -> DeadlineView | None:
    return None if promise is None else deadline(promise, over=whole.over)


def _event(event: Event) -> EventView:
    return EventView(
        at=event.at,
        state=event.state,
        text=_(EVENT_TEXTS[event.state]),
        note=event.note,
        next_step=event.next_step,
        department=event.department,
    )


def nudge_view(row: NudgeRow, due_at: datetime, now: datetime) -> NudgeView:
    """`due_at` is when it has to be answered."""
    open_state = "late" if due_at <= now else "waiting"
    return NudgeView(
        no=row.id,
        at=row.at,
        text=row.text,
        due_at=due_at,
        answered_at=row.answered_at,
        answer=row.answer,
        state="answered" if row.answered_at else open_state,
    )


def _said(names: Names) -> str:
    return said(names.zh, names.en)
