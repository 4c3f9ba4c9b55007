from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.promises.calendar import CALENDAR, OutsideCalendar

DAYS = st.dates(date(2005, 1, 1), date(2040, 12, 31))
COUNTS = st.integers(0, 60)


def test_three_working_days_after_friday_13_february_2026_is_wednesday_the_25th():
    # Saturday the 14th is worked, the 15th to the 23rd is the Spring Festival.
    assert CALENDAR.add_working_days(date(2026, 2, 13), 3) == date(2026, 2, 25)


def test_it_agrees_with_the_package_on_every_day_the_package_knows():
    day = date(2004, 1, 1)
    while day <= CALENDAR.known_until:
        assert CALENDAR.is_working_day(day) == chinese_calendar.is_workday(day)
        day += timedelta(days=1)


def test_beyond_what_is_known_only_weekends_are_off():
    calendar = CALENDAR.until(date(2025, 12, 31))

    assert not calendar.knows(date(2026, 1, 1))
    assert calendar.is_working_day(date(2026, 2, 17))  # the first day of the Year of the Horse
    assert not calendar.is_working_day(date(2026, 2, 14))
    assert calendar.add_working_days(date(2026, 2, 13), 3) == date(2026, 2, 18)


def test_the_days_before_the_edge_stay_as_they_were():
    calendar = CALENDAR.until(date(2026, 2, 28))

    assert calendar.add_working_days(date(2026, 2, 13), 3) == date(2026, 2, 25)


def test_a_day_off_says_why_in_both_languages():
    festival, weekend = CALENDAR.day_off(date(2026, 2, 17)), CALENDAR.day_off(date(2026, 3, 1))

    assert festival is not None
    assert (festival.zh, festival.en) == ("春节", "Spring Festival")
    assert weekend is not None
    assert (weekend.zh, weekend.en) == ("周末", "weekend")
    assert CALENDAR.day_off(date(2026, 2, 14)) is None
    assert CALENDAR.is_made_up(date(2026, 2, 14))


def test_a_period_of_days_that_ends_on_a_holiday_ends_on_the_next_working_day():
    assert CALENDAR.add_calendar_days(date(2026, 9, 24), 10) == date(2026, 10, 8)
    assert CALENDAR.add_calendar_days(date(2026, 3, 2), 7) == date(2026, 3, 9)


def test_the_next_working_day_skips_the_day_itself():
    assert CALENDAR.next_working_day(date(2026, 3, 6)) == date(2026, 3, 9)
    assert CALENDAR.working_day_from(date(2026, 3, 6)) == date(2026, 3, 6)
    assert CALENDAR.working_day_from(date(2026, 3, 7)) == date(2026, 3, 9)


def test_a_date_no_deadline_can_have_is_refused():
    with pytest.raises(OutsideCalendar):
        CALENDAR.add_working_days(date(2150, 1, 1), 3)
    with pytest.raises(OutsideCalendar):
        CALENDAR.add_working_days(date(2099, 12, 30), 30)


@given(DAYS, COUNTS, COUNTS)
def test_n_days_and_then_m_days_are_n_plus_m_days(start, n, m):
    stepwise = CALENDAR.add_working_days(CALENDAR.add_working_days(start, n), m)

    assert stepwise == CALENDAR.add_working_days(start, n + m)


@given(DAYS, st.integers(1, 60))
def test_adding_and_counting_are_inverse(start, n):
    end = CALENDAR.add_working_days(start, n)

    assert CALENDAR.is_working_day(end)
    assert CALENDAR.working_days_between(start, end) == n
