"""Rows of the feed become customers, usage points and staff: set-based, repeatable, a verdict each.

One statement writes a batch, in the order of the key. A key that stands twice in a batch goes in two
rounds, so that the later line wins and is compared with the earlier one.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from backend.accounts import grants
from backend.accounts.rules import mobile_of
from backend.accounts.schemas import FeedCustomer, FeedStaff, FeedUsagePoint
from backend.core import db
from backend.core.feed import Outcome, Row, Verdict, rejected
from backend.core.i18n import N_

R = TypeVar("R", bound=Struct)
Round = Callable[[Any, list[Row[R]]], Awaitable[list[Verdict]]]


def _upsert(table: str, columns: str) -> str:
    """Writes what differs and gives the ids it wrote; rows not among them were the same already."""
    names = columns.split()
    old = ", ".join(f"{table}.{name}" for name in names)
    new = ", ".join(f"EXCLUDED.{name}" for name in names)
    assign = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    listed = ", ".join(["id", *names])
    return f"""
        INSERT INTO {table} ({listed})
        SELECT {listed} FROM json_populate_recordset(NULL::{table}, $1::json) ORDER BY id
        ON CONFLICT (id) DO UPDATE SET {assign} WHERE ({old}) IS DISTINCT FROM ({new})
        RETURNING id, xmax = 0 AS created"""  # noqa: S608 - names of our own tables and columns


CUSTOMERS = _upsert("customer", "name kind phone manager service_level")
POINTS = _upsert(
    "usage_point",
    "customer address area lat lon voltage category capacity_kva feeder transformer tariff meter"
    " household_size priority",
)
STAFF = _upsert("staff_member", "name role phone department")
FORMER_PHONES = "SELECT phone FROM {} WHERE id = ANY($1) AND phone IS NOT NULL"
KNOWN = "SELECT id FROM customer WHERE id = ANY($1) ORDER BY id FOR KEY SHARE"


async def accept_customers(rows: Sequence[Row[FeedCustomer]], notify: bool = True) -> list[Verdict]:
    """Customers as the utility's system has them; a phone opens its customer to whoever proves it."""
    return await _in_rounds(rows, _customers)


async def accept_usage_points(
    rows: Sequence[Row[FeedUsagePoint]], notify: bool = True
) -> list[Verdict]:
    """Usage points; one whose customer is not known is refused alone."""
    return await _in_rounds(rows, _usage_points)


async def accept_staff(rows: Sequence[Row[FeedStaff]], notify: bool = True) -> list[Verdict]:
    """Staff; whoever proves a phone in this list works at the desk of their role."""
    return await _in_rounds(rows, _staff)


async def _in_rounds(rows: Sequence[Row[R]], write: Round[R]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    async with db.transaction() as connection:
        for once in _rounds(rows):
            verdicts += await write(connection, once)
    return verdicts


def _rounds(rows: Sequence[Row[R]]) -> Iterator[list[Row[R]]]:
    """Lists in which each id stands once, together all rows, in order for each id."""
    rest = list(rows)
    while rest:
        first: dict[str, Row[R]] = {}
        later = [row for row in rest if first.setdefault(_id(row), row) is not row]
        yield list(first.values())
        rest = later


def _id(row: Row[Any]) -> str:
    found: str = row.value.id
    return found


async def _customers(connection: Any, rows: list[Row[FeedCustomer]]) -> list[Verdict]:
    records = [msgspec.structs.asdict(row.value) | _phone(row.value.phone) for row in rows]
    former = await _former_phones(connection, "customer", rows)
    verdicts = await _write(connection, CUSTOMERS, rows, records)
    changed = _changed(verdicts)
    if changed:
        phones = former + [one["phone"] for one in records if one["phone"]]
        await grants.follow_customers(connection, changed, phones)
    return verdicts


async def _usage_points(connection: Any, rows: list[Row[FeedUsagePoint]]) -> list[Verdict]:
    asked = sorted({row.value.customer_id for row in rows})
    known = {found["id"] for found in await connection.fetch(KNOWN, asked)}
    good = [row for row in rows if row.value.customer_id in known]
    customers = [row.value.customer_id for row in good]
    await grants.end_proofs(connection, [row.value.id for row in good], customers)
    records = [
        msgspec.structs.asdict(row.value) | {"customer": row.value.customer_id} for row in good
    ]
    refused = [
        rejected(row, "customer_id", N_("没有这个客户，请先送客户资料。"))
        for row in rows
        if row.value.customer_id not in known
    ]
    return await _write(connection, POINTS, good, records) + refused


async def _staff(connection: Any, rows: list[Row[FeedStaff]]) -> list[Verdict]:
    records = [msgspec.structs.asdict(row.value) | _phone(row.value.phone) for row in rows]
    former = await _former_phones(connection, "staff_member", rows)
    verdicts = await _write(connection, STAFF, rows, records)
    if _changed(verdicts):
        phones = former + [one["phone"] for one in records if one["phone"]]
        await grants.meet(connection, phones)
    return verdicts


async def _former_phones(connection: Any, table: str, rows: list[Row[Any]]) -> list[str]:
    """Whoever had these phones before may have to be called otherwise now."""
    found = await connection.fetch(FORMER_PHONES.format(table), [_id(row) for row in rows])
    return [row["phone"] for row in found]


def _phone(given: str | None) -> dict[str, str | None]:
    """A mobile number in the one form people sign in with; any other is kept as it came."""
    return {"phone": given and (mobile_of(given) or given.strip())}


async def _write(
    connection: Any, statement: str, rows: Iterable[Row[Any]], records: list[dict[str, Any]]
) -> list[Verdict]:
    written = await connection.fetch(statement, msgspec.json.encode(records).decode())
    outcomes = {
        found["id"]: Outcome.created if found["created"] else Outcome.updated for found in written
    }
    return [Verdict(row.line, _id(row), outcomes.get(_id(row), Outcome.unchanged)) for row in rows]


def _changed(verdicts: list[Verdict]) -> list[str]:
    return sorted(one.id for one in verdicts if one.outcome is not Outcome.unchanged)
