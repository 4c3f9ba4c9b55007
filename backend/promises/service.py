"""Promises kept in step with the facts, found when they are due, explained by staff, shown."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.config import settings
from backend.core import clock
from backend.core.db import connection, transaction
from backend.core.errors import Conflict, NotFound
from backend.core.i18n import N_
from backend.core.live import hint
from backend.core.tables import AuditEntry
from backend.notifications.service import notify
from backend.promises import keeping, notices, rows
from backend.promises.calendar import CALENDAR, WorkingCalendar
from backend.promises.pack import Pack
from backend.promises.pack_reader import pack
from backend.promises.reckoning import reckon_clock
from backend.promises.rules import PromiseClock, State, SubjectKind
from backend.promises.schemas import ExplainPromise, PromiseLine, PromiseView, RuleView, Subject
from backend.promises.views import length, line, rule_view, source, view

__all__ = [
    "CALENDAR",
    "current_pack",
    "due_at",
    "due_soon",
    "explain",
    "find_due",
    "keep",
    "keep_many",
    "length",
    "of",
    "overdue",
    "pack",
    "published",
    "recalculate_provisional",
    "source",
]

log = logging.getLogger(__name__)

Promised = tuple[Subject, Sequence[PromiseClock]]
BATCH = 500
STAFF_TOPIC = "staff:promises"


def current_pack() -> Pack:
    """The rule pack this utility works by."""
    return pack(settings().rule_pack)


def due_at(found: PromiseClock, now: datetime) -> datetime:
    """When a promise is due, as far as that can be known at `now`."""
    return reckon_clock(found, CALENDAR, now).due_at


def published(kind: SubjectKind = SubjectKind.application) -> list[RuleView]:
    """The deadlines in force today, for everyone to read; each title once."""
    today = clock.today()
    rules = [rule for rule in current_pack().rules.values() if rule.subject is kind]
    return list({rule.zh: rule_view(rule) for rule in rules if rule.in_force(today)}.values())


# ── following the facts ────────────────────────────────────────────────────


async def keep(subject: Subject, clocks: Sequence[PromiseClock], *, silent: bool = False) -> None:
    """Bring the promises of one matter in step with its facts, in the caller's transaction."""
    await keep_many([(subject, clocks)], silent=silent)


async def keep_many(
    promised: Sequence[Promised], *, silent: bool = False, calendar: WorkingCalendar = CALENDAR
) -> None:
    """The same for many matters, each named once, in three statements.

    A promise whose clock is no longer given is removed. `silent` is for history: what is late
    already is not announced.
    """
    now = clock.now()
    async with transaction() as running:
        before = {
            (row.subject_kind, row.subject_id, row.key): row
            for row in await rows.select(
                running,
                f"{rows.OF_SUBJECTS} ORDER BY id FOR UPDATE",
                [subject.kind for subject, _ in promised],
                [subject.id for subject, _ in promised],
            )
        }
        after = {}
        for subject, clocks in promised:
            for one in clocks:
                identity = (subject.kind, subject.id, one.key)
                row = keeping.followed(subject, one, before.get(identity), calendar, now)
                after[identity] = keeping.as_history(row, now) if silent else row
        await rows.remove(running, [row.id for key, row in before.items() if key not in after])
        changed = [row for key, row in sorted(after.items()) if row != before.get(key)]
        await rows.save(running, changed)


async def recalculate_provisional(calendar: WorkingCalendar = CALENDAR) -> int:
    """Reckon anew what was due beyond the calendar of its time; says how many rows that were."""
    now = clock.now()
    async with transaction() as running:
        found = await rows.select(
            running,
            f"provisional AND known_until < $1 LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
            calendar.known_until,
        )
        await rows.save(running, [row.reckoned(calendar, now)[0] for row in found])
    return len(found)


# ── finding what is due ────────────────────────────────────────────────────


async def find_due() -> int:
    """Mark what is due soon or overdue, each once; the customer is told in the same transaction.

    Says how many were found, at most one batch of each.
    """
    now = clock.now()
    async with transaction() as running:
        near = await rows.warn_of_near(running, now, BATCH)
        late = await rows.break_late(running, now, BATCH)
        await notify([notices.overdue(row) for row in late if row.customer or row.usage_point])
        count = near + len(late)
        if count:
            await hint(STAFF_TOPIC, *(f"{row.subject_kind}:{row.subject_id}" for row in late))
    if late:
        log.warning("promises broken", extra={"count": len(late)})
    return count


# ── explaining ─────────────────────────────────────────────────────────────


async def explain(promise_id: UUID, command: ExplainPromise, by: str) -> PromiseView:
    """Staff says why a promise is late and what happens next; the customer is told so."""
    now = clock.now()
    async with transaction() as running:
        found = await rows.select(running, "id = $1 FOR UPDATE", promise_id)
        if not found:
            raise NotFound
        if found[0].state in (State.kept, State.void):
            raise Conflict(N_("这项承诺没有逾期，不需要说明。"))
        row = msgspec.structs.replace(
            found[0],
            reason=command.reason,
            next_step=command.next_step,
            explained_at=now,
            explained_by=by,
        )
        await rows.save(running, [row])
        await AuditEntry.insert(
            AuditEntry(
                at=now, actor=by, action="promise.explain", subject=f"promise:{row.id}", facts="{}"
            )
        )
        if row.overdue_at and (row.customer or row.usage_point):
            await notify([notices.explained(row)])
        await hint(STAFF_TOPIC, f"{row.subject_kind}:{row.subject_id}")
    return view(row, CALENDAR, now)


# ── showing ────────────────────────────────────────────────────────────────


async def of(
    kind: SubjectKind, ids: Iterable[str], *, calendar: WorkingCalendar = CALENDAR
) -> dict[str, list[PromiseView]]:
    """The promises of these matters, the earliest first; the caller knows who may see them."""
    wanted = list(ids)
    found: dict[str, list[PromiseView]] = {subject_id: [] for subject_id in wanted}
    async with connection() as borrowed:
        promised = await rows.select(
            borrowed, "subject_kind = $1 AND subject_id = ANY($2)", kind, wanted
        )
    now = clock.now()
    for row in sorted(promised, key=lambda row: (row.started_at, row.due_at)):
        found[row.subject_id].append(view(row, calendar, now))
    return found


async def overdue(limit: int = 100) -> list[PromiseLine]:
    """For staff: what is overdue and not done yet, the longest first."""
    return await _queue("state IN ('running', 'broken') AND due_at <= $1", limit)


async def due_soon(limit: int = 100) -> list[PromiseLine]:
    """For staff: what has to be done today or on the next working day."""
    return await _queue("state = 'running' AND due_soon_at <= $1 AND due_at > $1", limit)


async def _queue(condition: str, limit: int) -> list[PromiseLine]:
    now = clock.now()
    async with connection() as borrowed:
        found = await rows.select(
            borrowed, f"{rows.OPEN} AND {condition} ORDER BY due_at LIMIT $2", now, limit
        )
    return [line(row, CALENDAR, now) for row in found]
