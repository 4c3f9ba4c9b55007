"""A customer applies here: at once in the customer's list, and on its way to the utility's system."""

import secrets
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from backend.accounts.access import Caller
from backend.accounts.rules import CustomerKind
from backend.accounts.service import Holding, holding
from backend.applications.catalogue import TypeEntry, catalogue
from backend.applications.reading import show
from backend.applications.refolding import outcome, refold
from backend.applications.rules import Origin, new_number
from backend.applications.schemas import ApplicationView, SubmitApplication
from backend.applications.subjects import Facts, tag
from backend.applications.timeline import fold
from backend.applications.views import FormNotes
from backend.core import audit, clock, db
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.i18n import N_
from backend.core.jobs import enqueue
from backend.core.ratelimit import take
from backend.promises import service as promises

A_DAY = 20

CREATE = """
INSERT INTO application (id, type, customer, usage_point, submitted_at, voltage, sources, title,
                         origin, form, state, turn, stage, stages, updated_at)
SELECT id, type, customer, usage_point, submitted_at, voltage, sources, title,
       origin, form, state, turn, stage, stages, updated_at
FROM json_populate_record(NULL::application, $1::json)
ON CONFLICT (id) DO NOTHING RETURNING id"""
FOR_UTILITY = """
SELECT a.id, a.type, a.customer AS customer_id, a.usage_point AS usage_point_id, a.submitted_at,
       a.voltage, a.sources, a.title, a.form
FROM application a WHERE a.id = $1"""


class HandedOver(Struct, frozen=True):
    """An application as the utility's system gets it: the row of its feed, and what was written."""

    id: str
    type: str
    customer_id: str
    usage_point_id: str | None
    submitted_at: str
    voltage: str | None
    sources: int | None
    title: str | None
    notes: str | None
    materials: tuple[str, ...]
    phone: str | None


async def submit(caller: Caller, command: SubmitApplication) -> ApplicationView:
    """Apply for something; the number is ours until the utility's system takes it over."""
    entry = catalogue().types[command.type]
    held = await _held(caller, command, entry)
    _check(command, entry, held)
    await take(f"apply:{caller.person_id}", A_DAY, timedelta(days=1))
    async with db.transaction() as connection:
        facts = await _create(connection, command, held, caller, entry)
        await refold(connection, [facts], silent=False)
        await enqueue("integration.hand_over", dedup=f"hand-over:{facts.id}", application=facts.id)
        await audit.record(f"person:{caller.person_id}", "application.submit", tag(facts.id))
    return await show(caller, facts.id)


async def _held(caller: Caller, command: SubmitApplication, entry: TypeEntry) -> Holding:
    if entry.usage_point and command.usage_point is None:
        raise Invalid(N_("请选择用电户。"), field="usage_point")
    held = await holding(caller, command.usage_point)
    if held is None and command.usage_point is not None:
        raise NotFound(N_("没有这个户号，或您不能替它办理。"), field="usage_point")
    if held is None:
        raise Conflict(N_("您名下还没有用电户。请先绑定户号；第一次用电请拨打客服热线办理。"))
    return held


def _check(command: SubmitApplication, entry: TypeEntry, held: Holding) -> None:
    audience = "residential" if held.kind == CustomerKind.residential else "enterprise"
    if audience not in entry.audience:
        raise Invalid(
            N_("这项业务面向企业用户。")
            if audience == "residential"
            else N_("这项业务面向居民用户。"),
            field="type",
        )
    if not set(command.materials) <= set(entry.materials):
        raise Invalid(N_("这项业务没有这种材料。"), field="materials")


async def _create(
    connection: Any, command: SubmitApplication, held: Holding, caller: Caller, entry: TypeEntry
) -> Facts:
    """A fresh number; one that is taken is drawn again."""
    now = clock.now()
    form = FormNotes(command.notes, tuple(command.materials), caller.phone)
    while True:
        facts = Facts(
            new_number(now, secrets.randbelow(1_000_000)),
            command.type,
            held.customer,
            held.usage_point if entry.usage_point else None,
            now,
            held.voltage if entry.usage_point else None,
            None,
        )
        record = _record(facts, command.title, form)
        if await connection.fetchval(CREATE, msgspec.json.encode(record).decode()):
            return facts


def _record(facts: Facts, title: str | None, form: FormNotes) -> dict[str, Any]:
    timeline = fold(facts.submitted_at, (), promises.current_pack().stages(facts.type))
    follows = msgspec.structs.asdict(outcome(facts.id, timeline))
    own = {"title": title, "origin": Origin.app, "form": form}
    return msgspec.structs.asdict(facts) | follows | own


async def for_utility(no: str) -> HandedOver | None:
    """What the utility's system has to know of an application entered here."""
    async with db.connection() as connection:
        row = await connection.fetchrow(FOR_UTILITY, no)
    if row is None:
        return None
    form = msgspec.json.decode(row["form"] or "{}", type=FormNotes)
    *columns, _ = row.values()
    facts = dict(zip(list(row.keys())[:-1], columns, strict=True))
    facts["submitted_at"] = row["submitted_at"].isoformat()
    return HandedOver(**facts, notes=form.notes, materials=form.materials, phone=form.phone)
