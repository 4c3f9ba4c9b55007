"""After a change: events → timeline → the application's row and its promises, a batch at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from backend.accounts.service import live_topics
from backend.applications.rules import STAGES, STATES, TYPES, Event, EventState
from backend.applications.subjects import Facts, rules_of, subject
from backend.applications.timeline import Timeline, fold
from backend.core import clock
from backend.core.live import hint
from backend.promises import service as promises
from backend.promises.schemas import Names, Pack, PromiseClock, Unit

UNITS = {
    Unit.working_day: timedelta(days=1),
    Unit.calendar_day: timedelta(days=1),
    Unit.hour: timedelta(hours=1),
    Unit.minute: timedelta(minutes=1),
}

# Locked in the order of the key, so that two feeds of the same applications wait and never deadlock.
LOCK = """
SELECT id, type, customer, usage_point, submitted_at, voltage, sources
FROM application WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE"""
EVENTS = """
SELECT application, id, at, stage, state, department, note, next_step
FROM application_event WHERE application = ANY($1::text[])"""
# Piccolo's builder has no UPDATE from a list of rows.
UPDATE = """
UPDATE application a
SET state = n.state, turn = n.turn, stage = n.stage, stages = n.stages, updated_at = n.updated_at
FROM json_populate_recordset(NULL::application, $1::json) n
WHERE a.id = n.id AND (a.state, a.turn, a.stage, a.stages, a.updated_at)
    IS DISTINCT FROM (n.state, n.turn, n.stage, n.stages, n.updated_at)"""


class Outcome(Struct, frozen=True):
    """The columns of an application that follow from its events."""

    id: str
    state: str
    turn: str
    stage: str
    stages: dict[str, str]
    updated_at: Any


async def lock(connection: Any, ids: Iterable[str]) -> dict[str, Facts]:
    """The applications that exist, held until the transaction ends."""
    rows = await connection.fetch(LOCK, sorted(set(ids)))
    return {row["id"]: _facts(row) for row in rows}


async def refold(
    connection: Any, applications: Sequence[Facts], *, silent: bool
) -> dict[str, Timeline]:
    """Bring locked applications and their promises in step with their events; tell open pages."""
    if not applications:
        return {}
    pack = promises.current_pack()
    events = await events_of(connection, [one.id for one in applications])
    timelines = {
        one.id: fold(one.submitted_at, events.get(one.id, ()), pack.stages(one.type))
        for one in applications
    }
    outcomes = [outcome(no, timeline) for no, timeline in timelines.items()]
    await connection.execute(UPDATE, msgspec.json.encode(outcomes).decode())
    await promises.keep_many(
        [
            (subject(one, pack.types[one.type].title), clocks(pack, one, timelines[one.id]))
            for one in applications
        ],
        silent=silent,
    )
    await hint(*await open_pages(applications))
    return timelines


async def open_pages(applications: Sequence[Facts]) -> list[str]:
    """The topics by which everybody who may see these applications hears of a change."""
    points = [one.usage_point for one in applications if one.usage_point]
    return await live_topics((one.customer for one in applications), points)


def outcome(no: str, timeline: Timeline) -> Outcome:
    return Outcome(
        no,
        timeline.state,
        timeline.turn,
        timeline.stage.step.stage,
        {facts.step.stage: facts.state for facts in timeline.stages if facts.shown},
        timeline.updated_at,
    )


def clocks(pack: Pack, application: Facts, timeline: Timeline) -> list[PromiseClock]:
    """The promises of an application, each with its department and what was said about its delay."""
    found = pack.clocks(rules_of(application), timeline.progress)
    return [_attributed(clock, timeline) for clock in found]


def _attributed(found: PromiseClock, timeline: Timeline) -> PromiseClock:
    department = _department(found.rule.ends, timeline)
    said = _explanation(found, timeline)
    return msgspec.structs.replace(
        found,
        department_zh=department.zh,
        department_en=department.en,
        reason=(said.note or said.next_step or "") if said else "",
        next_step=(said.next_step or "") if said and said.note else "",
        reason_at=said.at if said else None,
    )


def _department(ends: str, timeline: Timeline) -> Names:
    """Of the stage whose end was promised; for the whole way, of the stage it has come to."""
    stage = ends.partition(":")[2]
    for facts in timeline.stages:
        if facts.step.stage == stage:
            return facts.department
    return timeline.stage.department


def _explanation(found: PromiseClock, timeline: Timeline) -> Event | None:
    """The latest words the utility sent after the promise was due and before it was fulfilled.

    What it asks of the customer explains nothing.
    """
    end = found.done_at or found.stopped_at
    words = [
        event
        for event in timeline.events
        if (event.note or event.next_step)
        and event.state is not EventState.waiting_customer
        and (end is None or event.at < end)
    ]
    last = max(words, key=lambda event: (event.at, event.id), default=None)
    if last is None or last.at < _not_due_before(found):
        return None
    return last if last.at >= promises.due_at(found, clock.now()) else None


def _not_due_before(found: PromiseClock) -> datetime:
    """A cheap bound: days off and pauses only move a due moment later."""
    return found.started_at + found.rule.quantity * UNITS[found.rule.unit]


async def events_of(connection: Any, ids: list[str]) -> dict[str, list[Event]]:
    """All that was reported about these applications."""
    found: dict[str, list[Event]] = {}
    for row in await connection.fetch(EVENTS, ids):
        found.setdefault(row["application"], []).append(event_of(row))
    return found


def event_of(row: Any) -> Event:
    return Event(
        id=row["id"],
        at=row["at"],
        stage=STAGES[row["stage"]],
        state=STATES[row["state"]],
        department=row["department"],
        note=row["note"],
        next_step=row["next_step"],
    )


def _facts(row: Any) -> Facts:
    no, kind, *others = row.values()
    return Facts(no, TYPES[kind], *others)
