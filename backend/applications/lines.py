"""Applications in lists: what their rows and promises say in one line."""

from datetime import datetime

import msgspec
from msgspec import Struct

from backend.applications.deadlines import is_open, late_days, main
from backend.applications.rules import OPEN, ApplicationState, StageState, Turn
from backend.applications.schemas import ApplicationLine, StageMark
from backend.core.i18n import said
from backend.promises.schemas import ApplicationType, Pack, PromiseView, State, Step


class LineRow(Struct, frozen=True):
    """The columns a list needs."""

    id: str
    type: str
    title: str | None
    state: str
    turn: str
    stage: str
    stages: str
    submitted_at: datetime
    updated_at: datetime
    address: str | None


def line_view(row: LineRow, found: list[PromiseView], pack: Pack, now: datetime) -> ApplicationLine:
    kind = ApplicationType(row.type)
    over = row.state not in OPEN
    marks = stage_marks(row, pack.stages(kind))
    names = [name for name, _ in marks]
    stage = stage_name(pack, kind, row.stage)
    due = main(found, over=over)
    type_name = said(pack.types[kind].title.zh, pack.types[kind].title.en)
    return ApplicationLine(
        no=row.id,
        title=row.title or type_name,
        type=kind,
        type_name=type_name,
        state=word(ApplicationState(row.state), found),
        turn=Turn(row.turn),
        stage_name=stage,
        stage_index=names.index(stage) + 1 if stage in names else 1,
        stage_count=len(marks),
        stages=[StageMark(name, state) for name, state in marks],
        next_due_on=due.due_on if due is not None and not over else None,
        provisional=due is not None and due.provisional,
        late_days=_late_days(found, now) if not over else None,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        address=row.address,
    )


def stage_marks(row: LineRow, steps: tuple[Step, ...]) -> list[tuple[str, StageState]]:
    """The stages kept with the row, in the order of the way."""
    states = msgspec.json.decode(row.stages, type=dict[str, StageState])
    return [
        (said(step.title.zh, step.title.en), states[step.stage])
        for step in steps
        if step.stage in states
    ]


def stage_name(pack: Pack, kind: ApplicationType, stage: str) -> str:
    for step in pack.stages(kind):
        if step.stage == stage:
            return said(step.title.zh, step.title.en)
    return ""


def word(state: ApplicationState, found: list[PromiseView]) -> str:
    """What a customer wants to know first: over, my turn, late, nearly late, or on time."""
    if state is not ApplicationState.under_way:
        return state.value
    if any(promise.state is State.broken for promise in found):
        return "late"
    if any(promise.due_soon and is_open(promise) for promise in found):
        return "due_soon"
    return "on_time"


def _late_days(found: list[PromiseView], now: datetime) -> int | None:
    late = [late_days(promise, now) for promise in found if promise.state is State.broken]
    return max(late, default=None)
