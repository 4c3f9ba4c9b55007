"""From a rule, a start and the pauses to a due date: the arithmetic of the two clocks.

CIVIL counts as the Civil Code does. The day of the start is not counted and the last counted day
runs until 24:00 (民法典 201, 203); a period of calendar days that would end on a day off ends on the
next working day (民法典 203). Hours and minutes run from the very moment (民法典 201).

HOURS24 counts as the bureaus' systems do: a start outside 08:30–17:30 of a working day moves to the
next such window's opening, and each working day then gives 24 hours.

A pause stops the clock. On the day count that is read as 民法典 201 reads a start: the day on which
the customer got the matter was the utility's, the day on which the customer gave it back is not
counted, so the due date moves by the working days after the pause's first day up to and including
its last. If it was the last counted day that was interrupted, and the matter comes back on a day
off, the next working day is the last one (民法典 203). On the other clocks the due moment moves by
exactly the time that was paused, on HOURS24 by its working time. What was late before a pause began
stays late.
"""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from backend.core.clock import CHINA
from backend.promises.calendar import DAY, WorkingCalendar
from backend.promises.rules import ClockMode, Pause, PromiseClock, State, Term, Unit

Interval = tuple[datetime, datetime]

OPENS, CLOSES = time(8, 30), time(17, 30)
LENGTHS = {
    Unit.working_day: timedelta(days=1),
    Unit.hour: timedelta(hours=1),
    Unit.minute: timedelta(minutes=1),
}


class Span(Struct, frozen=True):
    """Days that a pause took out of the count: those after `after`, up to and including `last`."""

    after: date
    last: date


NO_SPANS: tuple[Span, ...] = ()


class Reckoning(Struct, frozen=True):
    """When a promise is due. `provisional` where the calendar does not know the days yet."""

    due_at: datetime
    due_on: date
    due_soon_at: datetime
    provisional: bool
    paused: bool
    spans: tuple[Span, ...] = ()


def reckon(
    term: Term,
    started_at: datetime,
    pauses: tuple[Pause, ...],
    calendar: WorkingCalendar,
    now: datetime,
) -> Reckoning:
    """The due moment as far as it can be known at `now`; a pause without an end lasts until then."""
    closed = merged(pauses, started_at, now)
    if term.clock is ClockMode.hours24:
        due_at, spans = _on_bureau_time(term, started_at, closed, calendar)
    elif term.unit is Unit.working_day:
        due_at, spans = _on_working_days(term.quantity, started_at, closed, calendar)
    elif term.unit is Unit.calendar_day:
        due_at, spans = _on_calendar_days(term.quantity, started_at, closed, calendar)
    else:
        due_at, spans = _on_the_clock(term, started_at, closed), NO_SPANS
    due_on = last_day(due_at)
    return Reckoning(
        due_at,
        due_on,
        due_soon_at=_due_soon_at(term, started_at, due_at, calendar),
        provisional=_counts_days(term) and not calendar.knows(due_on),
        paused=any(pause.end is None and pause.start < due_at for pause in pauses),
        spans=spans,
    )


def state_of(clock: PromiseClock, reckoning: Reckoning, now: datetime) -> State:
    """What has become of the promise by `now`."""
    if clock.done_at is not None:
        return State.kept if clock.done_at <= reckoning.due_at else State.kept_late
    if clock.stopped_at is not None:
        return State.void if clock.stopped_at <= reckoning.due_at else State.broken
    if reckoning.due_at <= now:
        return State.broken
    return State.paused if reckoning.paused else State.running


def reckon_clock(clock: PromiseClock, calendar: WorkingCalendar, now: datetime) -> Reckoning:
    """As `reckon`; a promise that is done or stopped is reckoned as of that moment."""
    ends = [at for at in (clock.done_at, clock.stopped_at, now) if at is not None]
    return reckon(clock.rule, clock.started_at, clock.pauses, calendar, min(ends))


def merged(pauses: tuple[Pause, ...], started_at: datetime, now: datetime) -> list[Interval]:
    """The pauses within the promise's time, in order, touching and overlapping ones made one."""
    found: list[Interval] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start, end = max(pause.start, started_at), pause.end or now
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _on_working_days(
    count: int, started_at: datetime, pauses: list[Interval], calendar: WorkingCalendar
) -> tuple[datetime, tuple[Span, ...]]:
    due_on = calendar.add_working_days(china_day(started_at), count)
    spans: list[Span] = []
    for start, end in pauses:
        first, last = china_day(start), china_day(end)
        if first > due_on:
            break
        if first == due_on:
            last = calendar.working_day_from(last)
        paused = calendar.working_days_between(first, last)
        due_on = calendar.add_working_days(due_on, paused)
        spans.append(Span(first, last))
    return end_of_day(due_on), tuple(spans)


def _on_calendar_days(
    count: int, started_at: datetime, pauses: list[Interval], calendar: WorkingCalendar
) -> tuple[datetime, tuple[Span, ...]]:
    last_counted = china_day(started_at) + count * DAY
    spans: list[Span] = []
    for start, end in pauses:
        first, last = china_day(start), china_day(end)
        if first > calendar.working_day_from(last_counted):
            break
        last_counted = max(last_counted, first) + (last - first)
        spans.append(Span(first, last))
    return end_of_day(calendar.working_day_from(last_counted)), tuple(spans)


def _on_the_clock(term: Term, started_at: datetime, pauses: list[Interval]) -> datetime:
    due_at = started_at + term.quantity * LENGTHS[term.unit]
    for start, end in pauses:
        if start >= due_at:
            break
        due_at += end - start
    return due_at


def _on_bureau_time(
    term: Term, started_at: datetime, pauses: list[Interval], calendar: WorkingCalendar
) -> tuple[datetime, tuple[Span, ...]]:
    start_at = snapped(started_at, calendar)
    worked = term.quantity * LENGTHS[term.unit]
    due_at = _add_working_time(start_at, worked, calendar)
    spans: list[Span] = []
    for start, end in pauses:
        if start >= due_at:
            break
        worked += working_time(max(start, start_at), max(end, start_at), calendar)
        due_at = _add_working_time(start_at, worked, calendar)
        spans.append(Span(china_day(start), china_day(end)))
    return due_at, tuple(spans)


def snapped(started_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The moment from which a bureau counts: within the office hours of a working day."""
    local = started_at.astimezone(CHINA)
    if not calendar.is_working_day(local.date()) or local.time() >= CLOSES:
        local = datetime.combine(calendar.next_working_day(local.date()), OPENS, CHINA)
    elif local.time() < OPENS:
        local = datetime.combine(local.date(), OPENS, CHINA)
    return local.astimezone(UTC)


def counts_from(term: Term, started_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The moment from which the term runs."""
    return snapped(started_at, calendar) if term.clock is ClockMode.hours24 else started_at


def working_time(start: datetime, end: datetime, calendar: WorkingCalendar) -> timedelta:
    """The time between two moments that lies on working days, each of them 24 hours."""
    return _worked_until(end, calendar) - _worked_until(start, calendar)


def _worked_until(at: datetime, calendar: WorkingCalendar) -> timedelta:
    local = at.astimezone(CHINA)
    before = calendar.working_days_until(local.date() - DAY) * DAY
    if not calendar.is_working_day(local.date()):
        return before
    return before + (local - datetime.combine(local.date(), time(), CHINA))


def _add_working_time(start: datetime, length: timedelta, calendar: WorkingCalendar) -> datetime:
    """The earliest moment by which `length` of working time has passed since `start`."""
    target = _worked_until(start, calendar) + length
    full_days, rest = divmod(target, DAY)
    if not rest:
        return end_of_day(calendar.working_day(full_days))
    day = calendar.working_day(full_days + 1)
    return (datetime.combine(day, time(), CHINA) + rest).astimezone(UTC)


def _due_soon_at(
    term: Term, started_at: datetime, due_at: datetime, calendar: WorkingCalendar
) -> datetime:
    """When staff is warned: as soon as the due day is today or the next working day (the bureaus'
    own practice); for hours and minutes, when three quarters of the time are gone."""
    if not _counts_days(term):
        return started_at + (due_at - started_at) * 3 / 4
    before = calendar.working_day(calendar.working_days_until(last_day(due_at)) - 1)
    return max(started_at, datetime.combine(before, time(), CHINA).astimezone(UTC))


def _counts_days(term: Term) -> bool:
    return term.clock is ClockMode.hours24 or term.unit in (Unit.working_day, Unit.calendar_day)


def china_day(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def last_day(due_at: datetime) -> date:
    """The day a due moment belongs to; 24:00 belongs to the day it ends."""
    return china_day(due_at - timedelta(microseconds=1))


def end_of_day(day: date) -> datetime:
    """24:00 of the day in China."""
    return datetime.combine(day + DAY, time(), CHINA).astimezone(UTC)
