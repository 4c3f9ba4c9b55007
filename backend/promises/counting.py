"""How a due date came about, day by day, to be checked against a calendar on the wall."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from backend.promises.calendar import DAY, NamedDay, WorkingCalendar
from backend.promises.reckoning import Reckoning, china_day, counts_from
from backend.promises.rules import Term, Unit

MADE_UP_NAME = ("调休上班", "worked in lieu of a holiday")
PAUSED_NAME = ("等您办理，暂停", "waiting for you, paused")
NO_NAME = ("", "")


class DayKind(StrEnum):
    counted = "counted"
    off = "off"
    paused = "paused"


def count(
    term: Term, started_at: datetime, reckoning: Reckoning, calendar: WorkingCalendar
) -> Iterator[tuple[DayKind, NamedDay]]:
    """Every day after the start up to the due date, what became of it, and why.

    Periods of hours and minutes have no days to tell.
    """
    if term.unit in (Unit.hour, Unit.minute):
        return
    day, left = china_day(counts_from(term, started_at, calendar)) + DAY, term.quantity
    while day <= reckoning.due_on:
        off = calendar.day_off(day)
        if off is not None and (term.unit is Unit.working_day or left <= 1):
            yield DayKind.off, off
        elif any(span.after < day <= span.last for span in reckoning.spans):
            yield DayKind.paused, NamedDay(day, *PAUSED_NAME)
        elif left:
            left -= 1
            name = MADE_UP_NAME if calendar.is_made_up(day) else NO_NAME
            yield DayKind.counted, NamedDay(day, *name)
        day += DAY
