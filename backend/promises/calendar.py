"""The Chinese working-day calendar, with the days that 调休 turns into work or rest.

The State Council announces a year's holidays around November of the year before, so the calendar
knows only the days up to `known_until`. Beyond it only weekends are off, and whatever was computed
there is provisional (暂估) until the package knows the year.

Counting follows the Civil Code: the day on which a period starts is not counted (民法典 201), and a
period whose last day is a day off ends on the day after the holiday (民法典 203).
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta

from chinese_calendar import constants
from msgspec import Struct

DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
WEEKEND_NAME = ("周末", "weekend")
HOLIDAY_NAMES = {holiday.value: (holiday.chinese, holiday.value) for holiday in constants.Holiday}


class NamedDay(Struct, frozen=True):
    """A day and what makes it special, in both languages."""

    on: date
    zh: str
    en: str


class OutsideCalendar(ValueError):
    """The date lies outside 1990–2099, where no deadline of ours can be."""


class WorkingCalendar:
    """Which days are worked; immutable, and cheap to ask thousands of times."""

    def __init__(
        self, rest_days: Mapping[date, str], made_up_days: frozenset[date], known_until: date
    ) -> None:
        self.known_until = known_until
        self._rest = {day: name for day, name in rest_days.items() if day <= known_until}
        self._made_up = frozenset(day for day in made_up_days if day <= known_until)
        self._days = [
            number
            for number in range(FIRST_DAY.toordinal(), LAST_DAY.toordinal() + 1)
            if self._is_worked(date.fromordinal(number))
        ]

    def _is_worked(self, day: date) -> bool:
        return day in self._made_up or (day.weekday() < 5 and day not in self._rest)

    def until(self, known_until: date) -> "WorkingCalendar":
        """This calendar as it was when it knew the days only up to `known_until`."""
        return WorkingCalendar(self._rest, self._made_up, known_until)

    def knows(self, day: date) -> bool:
        return day <= self.known_until

    def is_working_day(self, day: date) -> bool:
        return self.working_days_until(day) > self.working_days_until(day - DAY)

    def is_made_up(self, day: date) -> bool:
        """A weekend day that is worked to make up for a holiday (调休上班)."""
        return day in self._made_up

    def day_off(self, day: date) -> NamedDay | None:
        """Why the day is off; None when it is worked."""
        if self.is_working_day(day):
            return None
        zh, en = HOLIDAY_NAMES.get(self._rest.get(day, ""), WEEKEND_NAME)
        return NamedDay(day, zh, en)

    def add_working_days(self, start: date, count: int) -> date:
        """The day on which `count` working days end; the start day is not counted (民法典 201)."""
        if count < 0:
            raise ValueError("working days are counted forwards")
        return self.working_day(self.working_days_until(start) + count) if count else start

    def add_calendar_days(self, start: date, count: int) -> date:
        """The last day of a period of calendar days: start not counted (民法典 201), and moved
        past a day off to the next working day (民法典 203)."""
        return self.working_day_from(start + count * DAY)

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self.working_day(self.working_days_until(day) + 1)

    def working_day_from(self, day: date) -> date:
        """`day` itself when it is worked, else the next working day."""
        return self.next_working_day(day - DAY)

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`."""
        return self.working_days_until(end) - self.working_days_until(start)

    def working_days_until(self, day: date) -> int:
        """The running number of the last working day up to and including `day`."""
        if not FIRST_DAY <= day <= LAST_DAY:
            raise OutsideCalendar(str(day))
        return bisect_right(self._days, day.toordinal())

    def working_day(self, number: int) -> date:
        """The working day with this running number: the inverse of working_days_until."""
        if not 1 <= number <= len(self._days):
            raise OutsideCalendar(f"working day number {number}")
        return date.fromordinal(self._days[number - 1])


CALENDAR = WorkingCalendar(
    constants.holidays,
    frozenset(constants.workdays),
    known_until=date(max(constants.holidays).year, 12, 31),
)
