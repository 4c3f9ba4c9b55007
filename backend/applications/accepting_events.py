"""Events of the utility's system: in any order, any number of times, each told to the customer once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from backend.applications import notices
from backend.applications.comparing import Fault, compare, sorted_out
from backend.applications.refolding import event_of, lock, refold
from backend.applications.rules import Event, in_time
from backend.applications.schemas import FeedApplicationEvent
from backend.applications.subjects import Facts
from backend.core import clock, db
from backend.core.feed import Outcome, Row, Verdict
from backend.core.i18n import N_
from backend.notifications.schemas import Notice
from backend.notifications.service import notify as tell
from backend.promises import service as promises
from backend.promises.schemas import Pack

HELD = """
SELECT id, application, at, stage, state, department, note, next_step
FROM application_event WHERE id = ANY($1::text[])"""
# Piccolo's builder has no INSERT from a list of rows. An event stays with its application.
WRITE = """
INSERT INTO application_event
    (id, application, at, stage, state, department, note, next_step, received_at)
SELECT id, application, at, stage, state, department, note, next_step, $2
FROM json_populate_recordset(NULL::application_event, $1::json) ORDER BY id
ON CONFLICT (id) DO UPDATE SET at = excluded.at, stage = excluded.stage, state = excluded.state,
    department = excluded.department, note = excluded.note, next_step = excluded.next_step
WHERE application_event.application = excluded.application"""


class Reported(Struct, frozen=True):
    """An event as the utility's system has it."""

    id: str
    application: str
    at: datetime
    stage: str
    state: str
    department: str | None
    note: str | None
    next_step: str | None


async def accept_application_events(
    rows: Sequence[Row[FeedApplicationEvent]], notify: bool = True
) -> list[Verdict]:
    """Events of known applications; the customer is told of each new one in the same transaction."""
    async with db.transaction() as connection:
        known = await lock(connection, (row.value.application_id for row in rows))
        held = await _held(connection, [row.value.id for row in rows])
        pack = promises.current_pack()
        good, refused = sorted_out(rows, lambda value: _fault(value, known, held, pack))
        wanted = [(row, _reported(row.value)) for row in good]
        changed, verdicts = compare(wanted, held)
        if changed:
            records = msgspec.json.encode(list(changed.values())).decode()
            await connection.execute(WRITE, records, clock.now())
        moved = {one.application for one in changed.values()}
        await refold(connection, [known[no] for no in sorted(moved)], silent=not notify)
        if notify:
            new = {one.id for one in verdicts if one.outcome is Outcome.created}
            await tell([_notice(changed[no], known, pack) for no in sorted(new)])
    return refused + verdicts


async def _held(connection: Any, ids: list[str]) -> dict[str, Reported]:
    rows = await connection.fetch(HELD, ids)
    return {row["id"]: Reported(*row.values()) for row in rows}


def _fault(
    value: FeedApplicationEvent,
    known: dict[str, Facts],
    held: dict[str, Reported],
    pack: Pack,
) -> Fault | None:
    application = known.get(value.application_id)
    if application is None:
        return "application_id", N_("没有这份申请，请先送申请。")
    if all(step.stage is not value.stage for step in pack.stages(application.type)):
        return "stage", N_("这类业务没有这个环节。")
    if not in_time(value.at, clock.now()):
        return "at", N_("时间不可能：早于 2000 年，或晚于明天。")
    before = held.get(value.id)
    if before is not None and before.application != value.application_id:
        return "id", N_("这个编号已经属于另一份申请。")
    return None


def _reported(value: FeedApplicationEvent) -> Reported:
    return Reported(
        value.id,
        value.application_id,
        value.at,
        value.stage,
        value.state,
        value.department or None,
        value.note or None,
        value.next_step or None,
    )


def _notice(reported: Reported, known: dict[str, Facts], pack: Pack) -> Notice:
    application = known[reported.application]
    return notices.moved(application, _event(reported), pack.types[application.type])


def _event(reported: Reported) -> Event:
    return event_of(msgspec.structs.asdict(reported))
