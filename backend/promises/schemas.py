"""What comes into promises (facts, verbs) and what goes out (views, nouns)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.core.feed import PLAIN
from backend.promises.counting import DayKind
from backend.promises.pack import Names, Pack, Step, TypeCard
from backend.promises.rules import (
    ApplicationType,
    ClockMode,
    Pause,
    Progress,
    PromiseClock,
    Rule,
    Stage,
    State,
    SubjectKind,
    Turn,
    Unit,
)

__all__ = [
    "ApplicationType",
    "ClockMode",
    "DayKind",
    "DayView",
    "ExplainPromise",
    "Names",
    "Pack",
    "Pause",
    "Progress",
    "PromiseClock",
    "PromiseLine",
    "PromiseView",
    "Rule",
    "RuleView",
    "Stage",
    "State",
    "Step",
    "Subject",
    "SubjectKind",
    "Turn",
    "TypeCard",
    "Unit",
]

Sentence = Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN)]


class Subject(Struct, frozen=True, kw_only=True):
    """The matter a promise is about, and whom it was made to."""

    kind: SubjectKind
    id: str
    title_zh: str
    title_en: str
    url: str
    customer: str | None = None
    usage_point: str | None = None


# ── commands ───────────────────────────────────────────────────────────────


class RuleView(Struct, frozen=True, kw_only=True):
    """A deadline as it is published: how long, and who set it."""

    title: str
    length: str
    source: str
    source_url: str | None
    confirmed: bool


class ExplainPromise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a promise was not kept, and what happens next."""

    reason: Sentence
    next_step: Sentence


# ── views ──────────────────────────────────────────────────────────────────


class DayView(Struct, frozen=True):
    """One day on the way to a due date: counted, off or paused; `name` says why."""

    day: date
    kind: DayKind
    name: str


class PromiseView(Struct, frozen=True, kw_only=True):
    """One promise as its customer reads it, in the customer's language.

    `stage` is the stage whose end was promised; None for the matter as a whole. `days_left` are
    working days, negative when overdue, None once it is over. `unexplained`: it is late, and nobody
    has said why yet. `counts_from` is the start; its day is not counted (民法典 201). `how` lists
    the days after it, up to the due date.
    """

    id: UUID
    key: str
    title: str
    stage: str | None
    quantity: int
    unit: Unit
    length: str
    source: str
    source_url: str | None
    confirmed: bool
    note: str
    clock: ClockMode
    department: str
    started_at: datetime
    due_on: date
    due_at: datetime
    to_the_minute: bool
    provisional: bool
    state: State
    paused: bool
    due_soon: bool
    done_at: datetime | None
    days_left: int | None
    reason: str
    next_step: str
    explained_at: datetime | None
    unexplained: bool
    counts_from: datetime
    how: tuple[DayView, ...]


class PromiseLine(Struct, frozen=True, kw_only=True):
    """A promise in a queue of staff, with the matter it belongs to."""

    promise: PromiseView
    subject_kind: SubjectKind
    subject_id: str
    subject: str
    url: str
    customer: str | None
