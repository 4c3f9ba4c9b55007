from datetime import UTC, date, datetime

from backend.core.clock import CHINA
from backend.promises.calendar import CALENDAR
from backend.promises.counting import DayKind, count
from backend.promises.reckoning import reckon
from backend.promises.rules import ClockMode, Pause, Term, Unit

LATER = datetime(2027, 1, 1, tzinfo=UTC)
COUNTED, OFF, PAUSED = DayKind.counted, DayKind.off, DayKind.paused
WAITING = "等您办理，暂停"
THREE_DAYS = Term(quantity=3, unit=Unit.working_day)


def told(term: Term, started_at: datetime, *pauses: Pause) -> list[tuple[DayKind, date, str]]:
    reckoning = reckon(term, started_at, pauses, CALENDAR, LATER)
    return [(kind, day.on, day.zh) for kind, day in count(term, started_at, reckoning, CALENDAR)]


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


def march(kind: DayKind, day: int, name: str = "") -> tuple[DayKind, date, str]:
    return kind, date(2026, 3, day), name


def test_the_way_over_the_spring_festival_is_told_day_by_day():
    assert told(THREE_DAYS, at(2, 13)) == [
        (COUNTED, date(2026, 2, 14), "调休上班"),
        *[(OFF, date(2026, 2, day), "春节") for day in range(15, 24)],
        (COUNTED, date(2026, 2, 24), ""),
        (COUNTED, date(2026, 2, 25), ""),
    ]


def test_paused_days_are_told_and_not_counted():
    assert told(THREE_DAYS, at(3, 2), Pause(at(3, 4), at(3, 9))) == [
        march(COUNTED, 3),
        march(COUNTED, 4),
        march(PAUSED, 5, WAITING),
        march(PAUSED, 6, WAITING),
        march(OFF, 7, "周末"),
        march(OFF, 8, "周末"),
        march(PAUSED, 9, WAITING),
        march(COUNTED, 10),
    ]


def test_as_many_days_are_counted_as_were_promised_even_if_the_last_was_interrupted():
    kinds = [kind for kind, _, _ in told(THREE_DAYS, at(3, 2), Pause(at(3, 5), at(3, 8)))]

    assert kinds == [COUNTED, COUNTED, COUNTED, PAUSED, OFF, OFF, PAUSED]


def test_calendar_days_count_days_off_but_do_not_end_on_one():
    assert told(Term(quantity=12, unit=Unit.calendar_day), at(3, 2)) == [
        *[march(COUNTED, day) for day in range(3, 14)],
        march(OFF, 14, "周末"),
        march(OFF, 15, "周末"),
        march(COUNTED, 16),
    ]


def test_a_bureau_counts_the_days_after_the_one_it_counts_from():
    term = Term(quantity=1, unit=Unit.working_day, clock=ClockMode.hours24)

    assert told(term, at(3, 6, 18)) == [march(COUNTED, 10)]


def test_a_bureau_tells_paused_days_too():
    term = Term(quantity=2, unit=Unit.working_day, clock=ClockMode.hours24)

    assert told(term, at(3, 2), Pause(at(3, 3), at(3, 5))) == [
        march(COUNTED, 3),
        march(PAUSED, 4, WAITING),
        march(PAUSED, 5, WAITING),
        march(COUNTED, 6),
    ]


def test_hours_have_no_days_to_tell():
    assert told(Term(quantity=24, unit=Unit.hour), at(3, 6)) == []
