"""How a promise row follows the facts: pure, so that a batch costs the database three statements."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from backend.promises.calendar import WorkingCalendar
from backend.promises.rows import PromiseRow
from backend.promises.rules import PromiseClock, State
from backend.promises.schemas import Subject


def followed(
    subject: Subject,
    clock: PromiseClock,
    before: PromiseRow | None,
    calendar: WorkingCalendar,
    now: datetime,
) -> PromiseRow:
    """The promise as the facts are now.

    One that exists keeps the rule it was made by, and what staff said about it goes before what
    the facts bring along.
    """
    row = _new(subject, clock) if before is None else _changed(subject, clock, before)
    if row.explained_by is None and (row.reason, row.next_step) != (clock.reason, clock.next_step):
        row = msgspec.structs.replace(
            row,
            reason=clock.reason,
            next_step=clock.next_step,
            explained_at=(clock.reason_at or now) if clock.reason else None,
        )
    if row == before and not _moves(row, now):
        return row
    reckoned, _ = row.reckoned(calendar, now)
    return reckoned


def _moves(row: PromiseRow, now: datetime) -> bool:
    """Whether time alone changes what was reckoned; most facts a feed repeats change nothing."""
    if row.done_at is not None or row.stopped_at is not None:
        return False
    paused = any(pause.end is None for pause in row.pauses)
    return paused or (row.due_at <= now and row.state is not State.broken)


def as_history(row: PromiseRow, now: datetime) -> PromiseRow:
    """The row with nothing left to announce: what is late or near already was found in silence."""
    late = row.state is State.broken and row.overdue_at is None
    near = row.due_soon_at <= now and row.warned_at is None
    return msgspec.structs.replace(
        row,
        overdue_at=now if late else row.overdue_at,
        warned_at=now if near else row.warned_at,
    )


def _new(subject: Subject, clock: PromiseClock) -> PromiseRow:
    return PromiseRow(
        id=uuid4(),
        subject_kind=subject.kind,
        subject_id=subject.id,
        key=clock.key,
        rule=clock.rule,
        pack=clock.pack,
        pack_version=clock.pack_version,
        **_facts(subject, clock),
    )


def _changed(subject: Subject, clock: PromiseClock, before: PromiseRow) -> PromiseRow:
    return msgspec.structs.replace(before, **_facts(subject, clock))


def _facts(subject: Subject, clock: PromiseClock) -> dict[str, Any]:
    return {
        "customer": subject.customer,
        "usage_point": subject.usage_point,
        "subject_zh": subject.title_zh,
        "subject_en": subject.title_en,
        "url": subject.url,
        "department_zh": clock.department_zh,
        "department_en": clock.department_en,
        "started_at": clock.started_at,
        "pauses": tuple(clock.pauses),
        "done_at": clock.done_at,
        "stopped_at": clock.stopped_at,
    }
