from datetime import UTC, date, datetime

from backend.core.clock import CHINA
from backend.promises.calendar import CALENDAR
from backend.promises.counting import Counting, count
from backend.promises.reckoning import reckon
from backend.promises.rules import ClockMode, Pause, Term, Unit

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def counting(term: Term, started_at: datetime, *pauses: Pause) -> Counting:
    return count(term, started_at, reckon(term, started_at, pauses, CALENDAR, LATER), CALENDAR)


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


THREE_DAYS = Term(quantity=3, unit=Unit.working_day)


def test_the_way_over_the_spring_festival_is_told_day_by_day():
    told = counting(THREE_DAYS, at(2, 13))

    assert told.counted == (date(2026, 2, 14), date(2026, 2, 24), date(2026, 2, 25))
    assert told.made_up == (date(2026, 2, 14),)
    (festival,) = told.skipped
    assert (festival.first, festival.last) == (date(2026, 2, 15), date(2026, 2, 23))
    assert (festival.days, festival.zh, festival.en) == (9, "春节", "Spring Festival")


def test_paused_days_are_told_and_not_counted():
    told = counting(THREE_DAYS, at(3, 2), Pause(at(3, 4), at(3, 9)))

    assert told.counted == (date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 10))
    (paused,) = told.paused
    assert (paused.first, paused.last, paused.days) == (date(2026, 3, 5), date(2026, 3, 9), 3)
    assert [days.zh for days in told.skipped] == ["周末"]


def test_as_many_days_are_counted_as_were_promised_even_if_the_last_was_interrupted():
    told = counting(THREE_DAYS, at(3, 2), Pause(at(3, 5), at(3, 8)))

    assert told.counted == (date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5))
    assert told.paused[0].last == date(2026, 3, 9)


def test_calendar_days_count_days_off_but_do_not_end_on_one():
    told = counting(Term(quantity=6, unit=Unit.calendar_day), at(3, 2))

    assert told.counted == tuple(date(2026, 3, day) for day in range(3, 9))


def test_a_bureau_tells_from_when_it_counts():
    told = counting(Term(quantity=1, unit=Unit.working_day, clock=ClockMode.hours24), at(3, 6, 18))

    assert told.starts_at == at(3, 9, 8).replace(minute=30)
    assert told.counted == (date(2026, 3, 10),)


def test_hours_have_no_days_to_tell():
    assert counting(Term(quantity=24, unit=Unit.hour), at(3, 6)) == Counting(at(3, 6))
