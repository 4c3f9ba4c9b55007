"""What comes into applications (feed rows, commands) and what goes out (views)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.accounts.rules import Voltage
from backend.applications.rules import (
    ApplicationState,
    EventState,
    Origin,
    StageState,
    Turn,
)
from backend.core.feed import PLAIN, Id, Moment
from backend.promises.schemas import ApplicationType, Stage

Title = Annotated[str, Meta(min_length=1, max_length=60, pattern=PLAIN)]
Department = Annotated[str, Meta(max_length=100, pattern=PLAIN)]
# Several lines are allowed in what people write to each other; other control characters are not.
Remark = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z")]

# ── rows of the feed ───────────────────────────────────────────────────────


class FeedApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    type: ApplicationType
    customer_id: Id
    usage_point_id: Id | None = None
    submitted_at: Moment
    voltage: Voltage | None = None
    sources: Annotated[int, Meta(ge=1, le=2)] | None = None
    title: Annotated[str, Meta(max_length=100, pattern=PLAIN)] | None = None


class FeedApplicationEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    application_id: Id
    at: Moment
    stage: Stage
    state: EventState
    department: Department | None = None
    note: Remark | None = None
    next_step: Remark | None = None


# ── commands ───────────────────────────────────────────────────────────────


class SubmitApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer applies. `materials` are the codes of the papers already at hand."""

    type: ApplicationType
    usage_point: Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{4,20}\Z")] | None = None
    title: Title | None = None
    notes: Remark | None = None
    materials: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)] = []


class NudgeApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=200, pattern=PLAIN)] = ""


class AnswerNudge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: Annotated[str, Meta(min_length=2, max_length=500, pattern=PLAIN)]


# ── views ──────────────────────────────────────────────────────────────────


class MaterialView(Struct, frozen=True):
    code: str
    name: str
    need: str
    source: str
    confirmed: bool


class TypeView(Struct, frozen=True, kw_only=True):
    """One kind of business a customer can apply for. `promise` is the deadline in one sentence."""

    code: ApplicationType
    group: str
    name: str
    purpose: str
    icon: str
    audience: list[str]
    materials: list[MaterialView]
    stages: list[str]
    promise: str
    promise_source: str
    about_usage_point: bool


class TypeGroup(Struct, frozen=True):
    """Kinds of business that one event in life brings along."""

    code: str
    name: str
    types: list[TypeView]


class TypePage(Struct, frozen=True):
    """All kinds of business fit into one page."""

    items: list[TypeView]
    next: str | None = None


class StageMark(Struct, frozen=True):
    name: str
    state: StageState


class ApplicationLine(Struct, frozen=True, kw_only=True):
    """An application in a list. `state` says in one word what a customer wants to know."""

    no: str
    title: str
    type: ApplicationType
    type_name: str
    state: str
    turn: Turn
    stage_name: str
    stage_index: int
    stage_count: int
    stages: list[StageMark]
    next_due_on: date | None
    provisional: bool
    late_days: int | None
    submitted_at: datetime
    updated_at: datetime
    address: str | None


class ApplicationPage(Struct, frozen=True):
    """`next` is the cursor of the following page, or null."""

    items: list[ApplicationLine]
    next: str | None


class CountedDay(Struct, frozen=True):
    """One day on the way to a due date: counted, skipped (why) or paused."""

    day: date
    kind: str
    name: str


class DeadlineView(Struct, frozen=True, kw_only=True):
    """A promise as it stands, with the rule behind it and how its days were counted."""

    id: UUID
    title: str
    due_on: date
    due_at: datetime
    due_words: str
    state: str
    provisional: bool
    rule_title: str
    length: str
    source: str
    source_url: str | None
    confirmed: bool
    note: str
    department: str
    days_left: int | None
    done_at: datetime | None
    reason: str
    next_step: str
    how: list[CountedDay]


class TodoView(Struct, frozen=True):
    text: str
    since: datetime


class LatenessView(Struct, frozen=True, kw_only=True):
    """How late in working days, and what staff said about it, if anything yet."""

    days: int
    promise: str
    reason: str | None
    next_step: str | None
    explained_at: datetime | None


class NextView(Struct, frozen=True, kw_only=True):
    name: str
    department: str
    text: str
    expected_on: date | None


class EventView(Struct, frozen=True, kw_only=True):
    at: datetime
    state: EventState
    text: str
    note: str | None
    next_step: str | None
    department: str | None


class StageView(Struct, frozen=True, kw_only=True):
    code: Stage
    name: str
    state: StageState
    owner: str
    department: str
    started_at: datetime | None
    done_at: datetime | None
    promise: DeadlineView | None
    events: list[EventView]


class ContactsView(Struct, frozen=True, kw_only=True):
    manager_name: str | None
    manager_phone: str | None
    hotline: str


class NudgeView(Struct, frozen=True, kw_only=True):
    no: UUID
    at: datetime
    text: str
    due_at: datetime
    answered_at: datetime | None
    answer: str | None
    state: str


class ApplicationView(Struct, frozen=True, kw_only=True):
    """Everything a customer asks about an application: where, whose turn, until when, why, who."""

    no: str
    title: str
    type: ApplicationType
    type_name: str
    origin: Origin
    usage_point: str | None
    address: str | None
    submitted_at: datetime
    state: str
    headline: str
    turn: Turn
    turn_text: str
    todo: TodoView | None
    promise: DeadlineView | None
    promises: list[DeadlineView]
    lateness: LatenessView | None
    next: NextView | None
    stages: list[StageView]
    contacts: ContactsView
    materials: list[MaterialView]
    notes: str | None
    nudges: list[NudgeView]
    can_nudge: bool
    nudge_blocked_reason: str | None
    updated_at: datetime
    as_of: datetime


class NudgeLine(Struct, frozen=True, kw_only=True):
    """A nudge in the staff's queue."""

    no: UUID
    application_no: str
    title: str
    state: ApplicationState
    text: str
    at: datetime
    due_at: datetime
    late: bool
