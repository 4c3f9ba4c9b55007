"""Applications of the utility's system: set-based, repeatable, each row with its verdict."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from backend.applications.comparing import Fault, compare, sorted_out
from backend.applications.refolding import outcome, refold
from backend.applications.rules import TYPES, Origin, in_time
from backend.applications.schemas import FeedApplication
from backend.applications.subjects import Facts
from backend.applications.timeline import fold
from backend.core import clock, db
from backend.core.feed import Row, Verdict
from backend.core.i18n import N_
from backend.promises import service as promises
from backend.promises.schemas import ApplicationType, Pack

CUSTOMERS = "SELECT id FROM customer WHERE id = ANY($1::text[]) ORDER BY id FOR KEY SHARE"
POINTS = "SELECT id FROM usage_point WHERE id = ANY($1::text[]) ORDER BY id FOR KEY SHARE"
# Piccolo's builder has no INSERT or UPDATE from a list of rows.
CREATE = """
INSERT INTO application (id, type, customer, usage_point, submitted_at, voltage, sources, title,
                         origin, state, turn, stage, stages, updated_at)
SELECT id, type, customer, usage_point, submitted_at, voltage, sources, title,
       origin, state, turn, stage, stages, updated_at
FROM json_populate_recordset(NULL::application, $1::json) ORDER BY id
ON CONFLICT (id) DO NOTHING RETURNING id"""
# Locked in the order of the key, after the new ones: feeds of the same rows wait for each other.
HELD = """
SELECT id, type, customer, usage_point, submitted_at, voltage, sources, title
FROM application WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE"""
CHANGE = """
UPDATE application a
SET type = n.type, customer = n.customer, usage_point = n.usage_point,
    submitted_at = n.submitted_at, voltage = n.voltage, sources = n.sources, title = n.title
FROM json_populate_recordset(NULL::application, $1::json) n WHERE a.id = n.id"""


class Submitted(Struct, frozen=True):
    """An application as the utility's system has it."""

    id: str
    type: str
    customer: str
    usage_point: str | None
    submitted_at: datetime
    voltage: str | None
    sources: int | None
    title: str | None

    @property
    def facts(self) -> Facts:
        return Facts(
            self.id,
            TYPES[self.type],
            self.customer,
            self.usage_point,
            self.submitted_at,
            self.voltage,
            self.sources,
        )


async def accept_applications(
    rows: Sequence[Row[FeedApplication]], notify: bool = True
) -> list[Verdict]:
    """New and changed applications; one whose customer or usage point is not known is refused alone.

    A title is never taken away again: a row without one leaves what is there.
    """
    async with db.transaction() as connection:
        customers = await _known(connection, CUSTOMERS, (row.value.customer_id for row in rows))
        points = await _known(connection, POINTS, (row.value.usage_point_id for row in rows))
        good, refused = sorted_out(rows, lambda value: _fault(value, customers, points))
        wanted = list(_titled([(row, _submitted(row.value)) for row in good], {}))
        last = {one.id: one for _, one in wanted}
        created = await _create(connection, last.values())
        held = await _held(connection, last.keys() - created)
        changed, verdicts = compare(_titled(wanted, held), held)
        await _change(connection, [one for one in changed.values() if one.id in held])
        await refold(connection, [one.facts for one in changed.values()], silent=not notify)
    return refused + verdicts


async def _known(connection: Any, statement: str, ids: Iterable[str | None]) -> set[str]:
    asked = sorted({one for one in ids if one})
    return {row["id"] for row in await connection.fetch(statement, asked)} if asked else set()


def _fault(value: FeedApplication, customers: set[str], points: set[str]) -> Fault | None:
    if value.customer_id not in customers:
        return "customer_id", N_("没有这个客户，请先送客户资料。")
    if value.usage_point_id and value.usage_point_id not in points:
        return "usage_point_id", N_("没有这个户号，请先送用电户资料。")
    if not in_time(value.submitted_at, clock.now()):
        return "submitted_at", N_("时间不可能：早于 2000 年，或晚于明天。")
    return None


def _submitted(value: FeedApplication) -> Submitted:
    return Submitted(
        value.id,
        value.type,
        value.customer_id,
        value.usage_point_id or None,
        value.submitted_at,
        value.voltage,
        value.sources,
        value.title or None,
    )


async def _create(connection: Any, records: Iterable[Submitted]) -> set[str]:
    """The ids that were new; what their columns follow from is reckoned as if nothing happened yet."""
    pack = promises.current_pack()
    fresh = [_as_new(one, pack) for one in records]
    rows = await connection.fetch(CREATE, msgspec.json.encode(fresh).decode())
    return {row["id"] for row in rows}


def _as_new(one: Submitted, pack: Pack) -> dict[str, Any]:
    timeline = fold(one.submitted_at, (), pack.stages(ApplicationType(one.type)))
    follows = msgspec.structs.asdict(outcome(one.id, timeline))
    return msgspec.structs.asdict(one) | follows | {"origin": Origin.feed}


async def _held(connection: Any, ids: set[str]) -> dict[str, Submitted]:
    rows = await connection.fetch(HELD, sorted(ids)) if ids else []
    return {row["id"]: Submitted(*row.values()) for row in rows}


def _titled(
    wanted: list[tuple[Row[Any], Submitted]], held: dict[str, Submitted]
) -> Iterable[tuple[Row[Any], Submitted]]:
    titles = {one.id: one.title for one in held.values()}
    for row, one in wanted:
        titles[one.id] = one.title or titles.get(one.id)
        yield row, msgspec.structs.replace(one, title=titles[one.id])


async def _change(connection: Any, records: list[Submitted]) -> None:
    if records:
        await connection.execute(CHANGE, msgspec.json.encode(records).decode())
