"""What comes into promises (facts, verbs) and what goes out (views, nouns)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.core.feed import PLAIN
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
    "ExplainPromise",
    "HowView",
    "Names",
    "Pack",
    "Pause",
    "Progress",
    "PromiseClock",
    "PromiseLine",
    "PromiseView",
    "Rule",
    "SkippedView",
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


class ExplainPromise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a promise was not kept, and what happens next."""

    reason: Sentence
    next_step: Sentence


# ── views ──────────────────────────────────────────────────────────────────


class SkippedView(Struct, frozen=True):
    """Days in a row that were not counted, and why ("春节", "周末", "等待客户")."""

    first: date
    last: date
    days: int
    name: str


class HowView(Struct, frozen=True, kw_only=True):
    """How the due date came about. The day of the start is not counted (民法典 201)."""

    starts_at: datetime
    counted_days: int
    counted: tuple[date, ...]
    skipped: tuple[SkippedView, ...]
    made_up: tuple[date, ...]
    paused: tuple[SkippedView, ...]


class PromiseView(Struct, frozen=True, kw_only=True):
    """One promise as its customer reads it, in the customer's language.

    `stage` is the stage whose end was promised; None for the matter as a whole. `days_left` are
    working days, negative when overdue, None once it is over. `unexplained`: it is late, and nobody
    has said why yet.
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
    done_at: datetime | None
    days_left: int | None
    reason: str
    next_step: str
    explained_at: datetime | None
    unexplained: bool
    how: HowView


class PromiseLine(Struct, frozen=True, kw_only=True):
    """A promise in a queue of staff, with the matter it belongs to."""

    promise: PromiseView
    subject_kind: SubjectKind
    subject_id: str
    subject: str
    url: str
    customer: str | None
