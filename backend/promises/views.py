"""From a promise row to what the reader sees, in the reader's language."""

from datetime import datetime

from backend.core.clock import CHINA
from backend.core.i18n import N_, _, said
from backend.promises.calendar import WorkingCalendar
from backend.promises.counting import count
from backend.promises.reckoning import counts_from
from backend.promises.rows import PromiseRow
from backend.promises.rules import ClockMode, Rule, Source, State, Unit
from backend.promises.schemas import DayView, PromiseLine, PromiseView, RuleView

LENGTHS = {
    Unit.working_day: N_("%(n)s 个工作日"),
    Unit.calendar_day: N_("%(n)s 日"),
    Unit.hour: N_("%(n)s 小时"),
    Unit.minute: N_("%(n)s 分钟"),
}
ONE = {
    Unit.working_day: N_("1 个工作日"),
    Unit.calendar_day: N_("1 日"),
    Unit.hour: N_("1 小时"),
    Unit.minute: N_("1 分钟"),
}


def view(row: PromiseRow, calendar: WorkingCalendar, now: datetime) -> PromiseView:
    """The promise as it stands at `now`; a paused one is due later with every day of the pause."""
    row, reckoning = row.reckoned(calendar, now)
    rule = row.rule
    return PromiseView(
        id=row.id,
        key=row.key,
        title=said(rule.zh, rule.en),
        stage=rule.ends.partition(":")[2] or None,
        quantity=rule.quantity,
        unit=rule.unit,
        length=length(rule),
        source=source(rule.source),
        source_url=rule.source.url,
        confirmed=rule.confirmed,
        note=said(rule.note_zh, rule.note_en),
        clock=rule.clock,
        department=said(row.department_zh, row.department_en),
        started_at=row.started_at,
        due_on=row.due_on,
        due_at=row.due_at,
        to_the_minute=rule.clock is ClockMode.hours24 or rule.unit in (Unit.hour, Unit.minute),
        provisional=row.provisional,
        state=row.state,
        paused=row.state is State.paused,
        due_soon=row.state is State.running and row.due_soon_at <= now,
        done_at=row.done_at,
        days_left=days_left(row, calendar, now),
        reason=row.reason,
        next_step=row.next_step,
        explained_at=row.explained_at,
        unexplained=row.state in (State.broken, State.kept_late) and not row.reason,
        counts_from=counts_from(rule, row.started_at, calendar),
        how=tuple(
            DayView(day.on, kind, said(day.zh, day.en))
            for kind, day in count(rule, row.started_at, reckoning, calendar)
        ),
    )


def line(row: PromiseRow, calendar: WorkingCalendar, now: datetime) -> PromiseLine:
    return PromiseLine(
        promise=view(row, calendar, now),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject=said(row.subject_zh, row.subject_en),
        url=row.url,
        customer=row.customer,
    )


def rule_view(rule: Rule) -> RuleView:
    return RuleView(
        title=said(rule.zh, rule.en),
        length=length(rule),
        source=source(rule.source),
        source_url=rule.source.url,
        confirmed=rule.confirmed,
    )


def length(rule: Rule) -> str:
    """3 个工作日"""
    return _(ONE[rule.unit]) if rule.quantity == 1 else _(LENGTHS[rule.unit], n=rule.quantity)


def source(found: Source) -> str:
    """《供电营业规则》国家发展改革委令第14号"""
    return said(f"《{found.zh}》{found.number}", f"{found.en} {found.number_en}").strip()


def days_left(row: PromiseRow, calendar: WorkingCalendar, now: datetime) -> int | None:
    """Working days from today to the due day, negative once it has passed."""
    if row.done_at is not None or row.stopped_at is not None:
        return None
    today = now.astimezone(CHINA).date()
    if today <= row.due_on:
        return calendar.working_days_between(today, row.due_on)
    return -calendar.working_days_between(row.due_on, today)
