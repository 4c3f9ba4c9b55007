"""Which usage points a person has, and how they get another one: by its number and a proof.

An unknown number and a wrong proof get one answer, and both count: five wrong ones a day for a number
and for a person. A right one does not count.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from backend.accounts.access import Caller, readable_sql
from backend.accounts.rules import WRONG_PROOFS_A_DAY, AccessRole, AccessSource, BindingProof
from backend.accounts.schemas import (
    BindUsagePoint,
    MeView,
    UsagePointLine,
    UsagePointPage,
    UsagePointView,
)
from backend.accounts.tables import Access, Person, UsagePoint
from backend.core import audit, clock, db
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.i18n import N_
from backend.core.masking import mask_name, mask_number
from backend.core.ratelimit import give_back, take

log = logging.getLogger(__name__)

PAGE = 200
DAY = timedelta(days=1)

# The strongest of several grants speaks. Hand-written for the lateral join, which the builder lacks.
MINE = f"""
SELECT u.id, u.address, u.area, u.voltage, u.category, u.capacity_kva, u.tariff, u.meter,
       c.name AS customer_name, c.kind AS customer_kind, g.role, g.source,
       EXISTS (SELECT 1 FROM access a WHERE a.person = $1 AND a.usage_point = u.id) AS removable
FROM usage_point u
JOIN customer c ON c.id = u.customer
JOIN LATERAL (
  SELECT a.role, a.source FROM access a
  WHERE a.person = $1 AND (a.customer = u.customer OR a.usage_point = u.id)
    AND (a.expires_at IS NULL OR a.expires_at > now())
  ORDER BY a.source = 'phone' DESC, a.role = 'owner' DESC, a.role = 'member' DESC LIMIT 1
) g ON true
WHERE {readable_sql(UsagePoint, "$1", alias="u")}
"""  # noqa: S608 - constants only
LIST = MINE + " AND u.id > $2 ORDER BY u.id LIMIT $3"
ONE = MINE + " AND u.id = $2"

BIND = """
INSERT INTO access (id, person, usage_point, role, source, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, usage_point) WHERE usage_point IS NOT NULL DO UPDATE
SET role = EXCLUDED.role, source = EXCLUDED.source, granted_by = NULL, expires_at = NULL"""

LastBill = Callable[[str], Awaitable[Decimal | None]]
# The amount of a usage point's last bill; bills are a later layer, which sets this in app.py.
last_bill_amount: LastBill | None = None


async def list_usage_points(caller: Caller, after: str = "", limit: int = PAGE) -> UsagePointPage:
    """The usage points this person may see, by number."""
    async with db.connection() as connection:
        rows = await connection.fetch(LIST, caller.person_id, after, limit + 1)
    lines = [_line(row, caller) for row in rows[:limit]]
    return UsagePointPage(lines, lines[-1].no if len(rows) > limit else None)


async def show_usage_point(caller: Caller, no: str) -> UsagePointView:
    """One usage point; a stranger's does not exist."""
    async with db.connection() as connection:
        row = await connection.fetchrow(ONE, caller.person_id, no)
    if row is None:
        raise NotFound
    kva = row["capacity_kva"]
    return UsagePointView(
        no=row["id"],
        address=row["address"],
        area=row["area"],
        customer_name=_customer_name(row),
        customer_kind=row["customer_kind"],
        voltage=row["voltage"],
        category=row["category"],
        capacity_kva=None if kva is None else f"{kva.normalize():f}",
        tariff=row["tariff"],
        meter_masked=row["meter"] and mask_number(row["meter"]),
        role=AccessRole(row["role"]),
        source=AccessSource(row["source"]),
        current=_is_current(row, caller),
    )


async def show_me(caller: Caller) -> MeView:
    """Who is signed in, and what they may see."""
    points = await list_usage_points(caller)
    return MeView(
        caller.person_id, caller.phone, caller.name, caller.locale, caller.staff, points.items
    )


async def bind(caller: Caller, command: BindUsagePoint) -> UsagePointView:
    """Bind a usage point to this person; once more changes nothing."""
    known = await caller.rows(UsagePoint, "read", UsagePoint.id).where(UsagePoint.id == command.no)
    if not known:
        await _prove(caller.person_id, command)
        await _grant(caller.person_id, command)
    return await show_usage_point(caller, command.no)


async def unbind(caller: Caller, no: str) -> None:
    """Give up a usage point that was bound by proof; what the phone opens stays open."""
    await show_usage_point(caller, no)
    bound = await caller.rows(Access, "manage", Access.id).where(Access.usage_point == no)
    if not bound:
        raise Conflict(
            N_(
                "这个户号登记的就是您的手机号，所以不能在这里解除。要更换登记的手机号，请联系供电所。"
            )
        )
    await _withdraw(caller.person_id, no, [row["id"] for row in bound])


async def choose_current(caller: Caller, no: str) -> None:
    """The usage point that pages show first."""
    await show_usage_point(caller, no)
    await _set_current(caller.person_id, no)


async def choose_locale(caller: Caller, locale: str) -> None:
    """The language of messages that reach this person outside the app."""
    await _set_locale(caller.person_id, locale)


async def _prove(person: UUID, command: BindUsagePoint) -> None:
    if command.proof_kind is BindingProof.bill and last_bill_amount is None:
        raise Invalid(N_("现在还不能用电费金额证明，请改用电表号后四位。"), field="proof_kind")
    counters = f"proof-no:{command.no}", f"proof-person:{person}"
    for counter in counters:
        await take(counter, WRONG_PROOFS_A_DAY, DAY)
    if not await _holds(command):
        log.info("wrong binding proof", extra={"person": str(person)})
        raise Invalid(N_("户号和证明对不上，请核对后再试。"), field="proof")
    for counter in counters:
        await give_back(counter)


async def _holds(command: BindUsagePoint) -> bool:
    if command.proof_kind is BindingProof.bill:
        return await _is_last_bill(command.no, command.proof)
    row = await UsagePoint.select(UsagePoint.meter).where(UsagePoint.id == command.no).first()
    ending = ((row and row["meter"]) or "")[-4:].upper()
    return len(ending) == 4 and hmac.compare_digest(ending.encode(), command.proof.upper().encode())


async def _is_last_bill(no: str, typed: str) -> bool:
    amount = None if last_bill_amount is None else await last_bill_amount(no)
    try:
        return amount is not None and Decimal(typed) == amount
    except InvalidOperation:
        return False


async def _grant(person: UUID, command: BindUsagePoint) -> None:
    role, source = AccessRole.member.value, AccessSource.proof.value
    async with db.transaction() as connection:
        await connection.execute(BIND, uuid4(), person, command.no, role, source, clock.now())
        await audit.record(
            f"person:{person}",
            "usage-point-bound",
            f"usage-point:{command.no}",
            proof=command.proof_kind.value,
        )


async def _withdraw(person: UUID, no: str, grants: list[UUID]) -> None:
    async with db.transaction():
        await Access.delete().where(Access.id.is_in(grants))
        await audit.record(f"person:{person}", "usage-point-unbound", f"usage-point:{no}")


async def _set_current(person: UUID, no: str) -> None:
    await Person.update({Person.current_usage_point: no}).where(Person.id == person)


async def _set_locale(person: UUID, locale: str) -> None:
    await Person.update({Person.locale: locale}).where(Person.id == person)


def _line(row: Any, caller: Caller) -> UsagePointLine:
    return UsagePointLine(
        no=row["id"],
        no_masked=mask_number(row["id"]),
        address=row["address"],
        customer_name=_customer_name(row),
        source=AccessSource(row["source"]),
        role=AccessRole(row["role"]),
        current=_is_current(row, caller),
        removable=row["removable"],
    )


def _is_current(row: Any, caller: Caller) -> bool:
    return caller.usage_point is not None and caller.usage_point.no == row["id"]


def _customer_name(row: Any) -> str:
    """Whoever proved only the meter learns no more of the customer than the surname."""
    name: str = row["customer_name"]
    return name if row["source"] == AccessSource.phone else mask_name(name)
