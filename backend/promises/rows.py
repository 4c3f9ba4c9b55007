"""Promise rows in and out, many in one statement.

A feed batch touches thousands of promises; Piccolo's builder has no statement that writes rows given
as one JSON value, so these few are SQL. Column names come from the struct, and a test holds them
against the table.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from backend.promises.calendar import WorkingCalendar
from backend.promises.reckoning import Reckoning, reckon_clock, state_of
from backend.promises.rules import Pause, PromiseClock, Rule, State, SubjectKind

UNRECKONED = datetime(1970, 1, 1, tzinfo=UTC)


class PromiseRow(Struct, frozen=True, kw_only=True):
    """One row of the table, typed: first the facts, then what follows from them."""

    id: UUID
    subject_kind: SubjectKind
    subject_id: str
    key: str
    customer: str | None
    usage_point: str | None
    subject_zh: str
    subject_en: str
    url: str
    rule: Rule
    pack: str
    pack_version: str
    department_zh: str
    department_en: str
    started_at: datetime
    pauses: tuple[Pause, ...]
    done_at: datetime | None
    stopped_at: datetime | None
    reason: str = ""
    next_step: str = ""
    explained_at: datetime | None = None
    explained_by: str | None = None
    state: State = State.running
    due_at: datetime = UNRECKONED
    due_on: date = UNRECKONED.date()
    due_soon_at: datetime = UNRECKONED
    provisional: bool = False
    known_until: date = UNRECKONED.date()
    warned_at: datetime | None = None
    overdue_at: datetime | None = None

    @property
    def clock(self) -> PromiseClock:
        return PromiseClock(
            key=self.key,
            rule=self.rule,
            pack=self.pack,
            pack_version=self.pack_version,
            started_at=self.started_at,
            pauses=self.pauses,
            done_at=self.done_at,
            stopped_at=self.stopped_at,
        )

    def reckoned(self, calendar: WorkingCalendar, now: datetime) -> tuple["PromiseRow", Reckoning]:
        """The row as it is at `now`: when it is due and what has become of it.

        What was found about an earlier due moment is forgotten once the promise is due later.
        """
        reckoning = reckon_clock(self.clock, calendar, now)
        ended = self.done_at is not None or self.stopped_at is not None
        row = msgspec.structs.replace(
            self,
            state=state_of(self.clock, reckoning, now),
            due_at=reckoning.due_at,
            due_on=reckoning.due_on,
            due_soon_at=reckoning.due_soon_at,
            provisional=reckoning.provisional,
            known_until=calendar.known_until,
            warned_at=self.warned_at if ended or reckoning.due_soon_at <= now else None,
            overdue_at=self.overdue_at if ended or reckoning.due_at <= now else None,
        )
        return row, reckoning


FIELDS = PromiseRow.__struct_fields__
IDENTITY = ("id", "subject_kind", "subject_id", "key")
COLUMNS = ", ".join(FIELDS)
SELECT = f"SELECT {COLUMNS} FROM promise"  # noqa: S608 - our own column names
SET = ", ".join(f"{name} = excluded.{name}" for name in FIELDS if name not in IDENTITY)
SAVE = f"""
INSERT INTO promise ({COLUMNS})
SELECT {COLUMNS} FROM jsonb_populate_recordset(NULL::promise, $1::jsonb)
ON CONFLICT (subject_kind, subject_id, key) DO UPDATE SET {SET}"""  # noqa: S608
OF_SUBJECTS = "(subject_kind, subject_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))"

OPEN = "done_at IS NULL AND stopped_at IS NULL"
WARN = f"""
UPDATE promise SET warned_at = $1 WHERE id IN (
    SELECT id FROM promise
    WHERE {OPEN} AND state = 'running' AND warned_at IS NULL AND due_soon_at <= $1
    ORDER BY due_soon_at LIMIT $2 FOR UPDATE SKIP LOCKED)"""  # noqa: S608
BREAK = f"""
UPDATE promise SET overdue_at = $1, state = 'broken' WHERE id IN (
    SELECT id FROM promise
    WHERE {OPEN} AND state IN ('running', 'broken') AND overdue_at IS NULL AND due_at <= $1
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING {COLUMNS}"""  # noqa: S608


async def select(connection: Any, where: str, *values: Any) -> list[PromiseRow]:
    """The rows a condition of our own finds; what comes from outside goes into `values`."""
    return [_typed(found) for found in await connection.fetch(f"{SELECT} WHERE {where}", *values)]


async def save(connection: Any, rows: Sequence[PromiseRow]) -> None:
    if rows:
        await connection.execute(SAVE, msgspec.json.encode(rows).decode())


async def remove(connection: Any, ids: Iterable[UUID]) -> None:
    gone = list(ids)
    if gone:
        await connection.execute("DELETE FROM promise WHERE id = ANY($1::uuid[])", gone)


async def warn_of_near(connection: Any, now: datetime, limit: int) -> int:
    """Mark what became due soon; says how many."""
    answer = await connection.execute(WARN, now, limit)
    return int(answer.split()[-1])


async def break_late(connection: Any, now: datetime, limit: int) -> list[PromiseRow]:
    """Mark what became overdue, and give it back."""
    return [_typed(found) for found in await connection.fetch(BREAK, now, limit)]


def _typed(found: Any) -> PromiseRow:
    values = dict(zip(FIELDS, found.values(), strict=True))
    values["subject_kind"] = SubjectKind(values["subject_kind"])
    values["state"] = State(values["state"])
    values["rule"] = _rule(values["rule"])
    values["pauses"] = _pauses(values["pauses"])
    return PromiseRow(**values)


@lru_cache(maxsize=1024)
def _rule(text: str) -> Rule:
    return msgspec.json.decode(text, type=Rule)


def _pauses(text: str) -> tuple[Pause, ...]:
    return () if text == "[]" else msgspec.json.decode(text, type=tuple[Pause, ...])
