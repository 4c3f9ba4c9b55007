"""How a due date came about, day by day, in words a customer can check against a wall calendar."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from msgspec import Struct

from backend.promises.calendar import DAY, WorkingCalendar
from backend.promises.reckoning import Reckoning, Span, china_day, snapped
from backend.promises.rules import ClockMode, Term, Unit


class SkippedDays(Struct, frozen=True):
    """Days in a row that were not counted because nobody works on them."""

    first: date
    last: date
    days: int
    zh: str
    en: str


class PausedDays(Struct, frozen=True):
    """Days in a row that were not counted because the customer had to act."""

    first: date
    last: date
    days: int


class Counting(Struct, frozen=True):
    """The way from the start to the due date. `made_up` are weekend days that are worked."""

    starts_at: datetime
    counted: tuple[date, ...] = ()
    skipped: tuple[SkippedDays, ...] = ()
    made_up: tuple[date, ...] = ()
    paused: tuple[PausedDays, ...] = ()


def count(
    term: Term, started_at: datetime, reckoning: Reckoning, calendar: WorkingCalendar
) -> Counting:
    """Every day after the start up to the due date: counted, skipped or paused."""
    if term.clock is ClockMode.hours24:
        started_at = snapped(started_at, calendar)
    if term.unit in (Unit.hour, Unit.minute):
        return Counting(started_at)
    labelled = list(_labelled(term, started_at, reckoning, calendar))
    counted = tuple(day for day, why in labelled if why == COUNTED)
    return Counting(
        started_at,
        counted,
        tuple(_skipped(labelled)),
        tuple(day for day in counted if calendar.is_made_up(day)),
        tuple(_paused(labelled)),
    )


COUNTED, PAUSED = ("counted", ""), ("paused", "")
Labelled = list[tuple[date, tuple[str, str]]]


def _labelled(
    term: Term, starts_at: datetime, reckoning: Reckoning, calendar: WorkingCalendar
) -> Iterator[tuple[date, tuple[str, str]]]:
    """Each day with what became of it; a day off carries its names."""
    day, counted = china_day(starts_at) + DAY, 0
    while day <= reckoning.due_on:
        off = calendar.day_off(day)
        counts_off_days = term.unit is Unit.calendar_day and counted < term.quantity
        if off is not None and not counts_off_days:
            yield day, (off.zh, off.en)
        elif any(_within(day, span) for span in reckoning.spans):
            yield day, PAUSED
        elif counted < term.quantity:
            counted += 1
            yield day, COUNTED
        day += DAY


def _within(day: date, span: Span) -> bool:
    return span.after < day <= span.last


def _skipped(labelled: Labelled) -> Iterator[SkippedDays]:
    for (zh, en), found in groupby(labelled, key=lambda item: item[1]):
        days = [day for day, _ in found]
        if (zh, en) not in (COUNTED, PAUSED):
            yield SkippedDays(days[0], days[-1], len(days), zh, en)


def _paused(labelled: Labelled) -> Iterator[PausedDays]:
    working = [(day, why) for day, why in labelled if why in (COUNTED, PAUSED)]
    for why, found in groupby(working, key=lambda item: item[1]):
        days = [day for day, _ in found]
        if why == PAUSED:
            yield PausedDays(days[0], days[-1], len(days))
