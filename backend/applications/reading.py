"""Applications for those who may see them: one statement finds the rows and their owner at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from backend.accounts.access import Caller, readable_sql
from backend.accounts.rules import Permission
from backend.applications.lines import LineRow, line_view
from backend.applications.nudges import NUDGES, block_of, nudge_views
from backend.applications.refolding import events_of
from backend.applications.rules import OPEN, TYPES, Event
from backend.applications.schemas import ApplicationLine, ApplicationPage, ApplicationView
from backend.applications.subjects import Facts
from backend.applications.tables import Application
from backend.applications.timeline import fold
from backend.applications.views import FullRow, NudgeRow, Whole, application_view
from backend.core import clock, db
from backend.core.errors import Invalid, NotFound
from backend.core.queries import Q
from backend.promises import service as promises
from backend.promises.schemas import SubjectKind

PAGE = 50
LAST = datetime(9999, 1, 1, tzinfo=UTC)
OPEN_STATES = ", ".join(f"'{state}'" for state in OPEN)

# Hand-written for the outer joins beside the owner's condition, which the builder cannot alias.
LINE = """
SELECT a.id, a.type, a.title, a.state, a.turn, a.stage, a.stages, a.submitted_at, a.updated_at,
       u.address
FROM application a LEFT JOIN usage_point u ON u.id = a.usage_point"""
MINE = readable_sql(Application, "$1", alias="a")
LIST = Q(
    f"{LINE} WHERE {MINE} AND (a.updated_at, a.id) < ($2, $3)"
    " ORDER BY a.updated_at DESC, a.id DESC LIMIT $4",
    into=LineRow,
)
OPEN_ONES = Q(
    f"{LINE} WHERE {MINE} AND a.state IN ({OPEN_STATES})"
    " ORDER BY a.updated_at DESC, a.id DESC LIMIT $2",
    into=LineRow,
)
NAMED = Q(f"{LINE} WHERE a.id = ANY($1::text[])", into=LineRow)
FULL = """
SELECT a.id, a.type, a.customer, a.usage_point, a.submitted_at, a.voltage, a.sources, a.title,
       a.origin, a.form, u.address, m.name, m.phone, {may_act}
FROM application a
JOIN customer c ON c.id = a.customer
LEFT JOIN usage_point u ON u.id = a.usage_point
LEFT JOIN staff_member m ON m.id = c.manager"""
ONE = Q(
    FULL.format(may_act=readable_sql(Application, "$1", Permission.act, alias="a"))
    + f" WHERE a.id = $2 AND {MINE}",
    into=FullRow,
)
# Staff sees what its customer sees, without the customer's buttons.
ANY = Q(FULL.format(may_act="false") + " WHERE a.id = $1", into=FullRow)


class Cursor(Struct, frozen=True, array_like=True):
    """Where a page ended."""

    updated_at: datetime
    id: str


async def list_applications(caller: Caller, cursor: str | None = None) -> ApplicationPage:
    """The caller's applications, the latest news first."""
    start = _decoded(cursor) if cursor else Cursor(LAST, "")
    async with db.connection() as connection:
        rows = await LIST.all(connection, caller.person_id, start.updated_at, start.id, PAGE + 1)
    lines = await _lines(rows[:PAGE])
    return ApplicationPage(lines, _encoded(rows[PAGE - 1]) if len(rows) > PAGE else None)


async def open_applications(caller: Caller, limit: int = 10) -> list[ApplicationLine]:
    """What is under way, the latest news first; for the home page."""
    async with db.connection() as connection:
        rows = await OPEN_ONES.all(connection, caller.person_id, limit)
    return await _lines(rows)


async def lines_of(ids: Sequence[str]) -> list[ApplicationLine]:
    """For staff: these applications, whoever's they are, in the given order."""
    async with db.connection() as connection:
        rows = {row.id: row for row in await NAMED.all(connection, list(ids))}
    return await _lines([rows[no] for no in dict.fromkeys(ids) if no in rows])


async def _lines(rows: Sequence[LineRow]) -> list[ApplicationLine]:
    pack, now = promises.current_pack(), clock.now()
    promised = await promises.of(SubjectKind.application, [row.id for row in rows])
    return [line_view(row, promised[row.id], pack, now) for row in rows]


async def show(caller: Caller, no: str) -> ApplicationView:
    """One application of the caller's; a stranger's does not exist."""
    async with db.connection() as connection:
        found = await _load(connection, await ONE.one(connection, caller.person_id, no))
    return await _view(found)


async def show_to_staff(no: str) -> ApplicationView:
    async with db.connection() as connection:
        found = await _load(connection, await ANY.one(connection, no))
    return await _view(found)


class Loaded(Struct, frozen=True):
    row: FullRow
    events: list[Event]
    nudges: list[NudgeRow]


async def _load(connection: Any, row: FullRow | None) -> Loaded:
    """All of it on one connection, given back before the promises ask for theirs."""
    if row is None:
        raise NotFound
    events = await events_of(connection, [row.id])
    return Loaded(row, events.get(row.id, []), await NUDGES.all(connection, row.id))


async def _view(found: Loaded) -> ApplicationView:
    row, pack = found.row, promises.current_pack()
    facts = facts_of(row)
    timeline = fold(row.submitted_at, found.events, pack.stages(facts.type))
    promised = await promises.of(SubjectKind.application, [row.id])
    nudges = await nudge_views(found.nudges)
    return application_view(
        Whole(
            row=row,
            facts=facts,
            timeline=timeline,
            promises=promised[row.id],
            nudges=nudges,
            nudge_block=block_of(timeline.state, timeline.turn, nudges, row.may_act),
            pack=pack,
            now=clock.now(),
        )
    )


def facts_of(row: FullRow) -> Facts:
    return Facts(
        row.id,
        TYPES[row.type],
        row.customer,
        row.usage_point,
        row.submitted_at,
        row.voltage,
        row.sources,
    )


def _encoded(row: LineRow) -> str:
    return msgspec.json.encode(Cursor(row.updated_at, row.id)).hex()


def _decoded(cursor: str) -> Cursor:
    try:
        return msgspec.json.decode(bytes.fromhex(cursor), type=Cursor)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(field="cursor") from error
