from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import CHINA
from backend.promises.calendar import CALENDAR
from backend.promises.reckoning import reckon, snapped, working_time
from backend.promises.rules import ClockMode, Pause, Term, Unit

LATER = datetime(2031, 1, 1, tzinfo=UTC)


def at(day: int, hour: int = 10, minute: int = 0, *, month: int = 3) -> datetime:
    """A moment of 2026 in China; 2 March is a Monday and the month has no holidays."""
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


def days(quantity: int, unit: Unit = Unit.working_day, clock: ClockMode = ClockMode.civil) -> Term:
    return Term(quantity=quantity, unit=unit, clock=clock)


def due(term: Term, started_at: datetime, *pauses: Pause, now: datetime = LATER) -> datetime:
    return reckon(term, started_at, pauses, CALENDAR, now).due_at.astimezone(CHINA)


# ---- the Civil Code's count


def test_three_working_days_over_the_spring_festival_end_at_midnight_of_the_25th():
    reckoning = reckon(days(3), at(13, month=2), (), CALENDAR, LATER)

    assert reckoning.due_on == date(2026, 2, 25)
    assert reckoning.due_at == datetime(2026, 2, 26, tzinfo=CHINA)
    assert not reckoning.provisional


def test_the_hour_of_the_start_does_not_matter():
    assert due(days(3), at(2, 0, 1)) == due(days(3), at(2, 23, 59)) == at(6, 0)


def test_the_day_is_the_day_in_china():
    late_in_utc = datetime(2026, 3, 2, 17, tzinfo=UTC)  # Tuesday 01:00 in China

    assert due(days(1), late_in_utc) == at(5, 0)


def test_a_due_date_beyond_the_known_calendar_is_provisional():
    reckoning = reckon(days(10), datetime(2026, 12, 25, tzinfo=CHINA), (), CALENDAR, LATER)

    assert reckoning.due_on.year == 2027
    assert reckoning.provisional


def test_calendar_days_that_end_on_a_sunday_end_on_monday():
    assert due(days(6, Unit.calendar_day), at(2)) == at(10, 0)


def test_hours_run_from_the_very_moment():
    assert due(days(24, Unit.hour), at(6, 16, 20)) == at(7, 16, 20)


# ---- pauses


def test_a_pause_moves_the_due_date_by_the_working_days_after_its_first_day():
    # From Thursday to Monday the customer has it: Friday and Monday do not count.
    assert due(days(10), at(2), Pause(at(5), at(9, 9))) == due(days(12), at(2))


def test_a_pause_within_one_day_moves_nothing():
    assert due(days(3), at(2), Pause(at(3, 9), at(3, 17))) == due(days(3), at(2))


def test_a_pause_on_the_day_of_the_start_begins_the_count_anew():
    assert due(days(3), at(2), Pause(at(2, 15), at(4))) == due(days(3), at(4))


def test_a_pause_over_a_weekend_moves_nothing():
    assert due(days(10), at(2), Pause(at(6, 20), at(8))) == due(days(10), at(2))


def test_a_pause_over_a_holiday_counts_its_working_days_only():
    pause = Pause(at(13, month=2), at(25, month=2))  # the 14th, 24th and 25th are worked

    assert due(days(10), at(9, month=2), pause) == due(days(13), at(9, month=2))


def test_a_last_day_interrupted_until_sunday_ends_on_monday():
    assert due(days(3), at(2), Pause(at(5), at(8))) == at(10, 0)


def test_a_pause_after_the_due_date_heals_nothing():
    assert due(days(3), at(2), Pause(at(6), at(20))) == due(days(3), at(2))


def test_an_open_pause_moves_the_due_date_with_every_working_day():
    pause = Pause(at(4))

    assert due(days(3), at(2), pause, now=at(4, 18)) == at(6, 0)
    assert due(days(3), at(2), pause, now=at(6, 18)) == at(10, 0)
    assert reckon(days(3), at(2), (pause,), CALENDAR, at(6, 18)).paused


def test_a_pause_that_began_too_late_does_not_count_as_paused():
    assert not reckon(days(3), at(2), (Pause(at(9)),), CALENDAR, at(10)).paused


def test_a_pause_of_hours_moves_the_moment_by_exactly_that_long():
    pause = Pause(at(2, 12), at(2, 15, 30))

    assert due(days(24, Unit.hour), at(2), pause) == at(3, 13, 30)


# ---- the bureaus' count


@pytest.mark.parametrize(
    ("started_at", "counts_from"),
    [
        (at(2, 10), at(2, 10)),
        (at(2, 7), at(2, 8, 30)),
        (at(2, 17, 30), at(3, 8, 30)),
        (at(6, 18), at(9, 8, 30)),
        (at(7, 10), at(9, 8, 30)),
        (at(14, 10, month=2), at(14, 10, month=2)),  # a Saturday that is worked
        (at(14, 18, month=2), at(24, 8, 30, month=2)),
    ],
)
def test_a_bureau_counts_from_within_its_office_hours(started_at, counts_from):
    assert snapped(started_at, CALENDAR) == counts_from


def test_a_working_day_of_a_bureau_gives_24_hours():
    assert due(days(1, clock=ClockMode.hours24), at(6, 16)) == at(9, 16)
    assert due(days(3, clock=ClockMode.hours24), at(13, month=2)) == at(25, month=2)


def test_a_bureaus_pause_moves_the_moment_by_its_working_time():
    over_the_weekend = Pause(at(6, 14), at(9, 11))  # 10 hours of Friday, 11 of Monday

    assert due(days(3, clock=ClockMode.hours24), at(5), over_the_weekend) == at(11, 7)


# ---- the warning


def test_it_is_due_soon_once_the_due_day_is_the_next_working_day():
    reckoning = reckon(days(5), at(2), (), CALENDAR, LATER)  # due on Monday the 9th

    assert reckoning.due_soon_at == at(6, 0)


def test_hours_are_due_soon_when_three_quarters_are_gone():
    reckoning = reckon(days(24, Unit.hour), at(2), (), CALENDAR, LATER)

    assert reckoning.due_soon_at == at(3, 4)


# ---- what always holds

MOMENTS = st.datetimes(datetime(2025, 6, 1), datetime(2026, 9, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=CHINA)
)
LENGTHS = st.timedeltas(timedelta(), timedelta(days=40)).map(
    lambda length: timedelta(seconds=int(length.total_seconds()))
)
DAY_TERMS = st.builds(
    Term,
    quantity=st.integers(1, 32),
    unit=st.just(Unit.working_day),
    clock=st.sampled_from(ClockMode),
)
TERMS = DAY_TERMS | st.builds(
    Term,
    quantity=st.integers(1, 60),
    unit=st.sampled_from([Unit.calendar_day, Unit.hour, Unit.minute]),
)


@st.composite
def pauses_after(draw, started_at: datetime) -> Pause:
    start = started_at + draw(LENGTHS)
    return Pause(start, start + draw(LENGTHS))


@given(st.data(), TERMS, MOMENTS)
def test_a_pause_never_brings_the_due_moment_forward(data, term, started_at):
    pauses = data.draw(st.lists(pauses_after(started_at), max_size=4))

    one_more = data.draw(pauses_after(started_at))

    assert due(term, started_at, *pauses, one_more) >= due(term, started_at, *pauses)


@given(st.data(), TERMS, MOMENTS)
def test_a_pause_cut_in_two_adjacent_ones_is_the_same_pause(data, term, started_at):
    pause = data.draw(pauses_after(started_at))
    cut = pause.start + data.draw(st.floats(0, 1)) * (pause.end - pause.start)

    halves = Pause(pause.start, cut), Pause(cut, pause.end)

    assert due(term, started_at, *halves) == due(term, started_at, pause)


@given(st.data(), TERMS, MOMENTS)
def test_the_order_of_pauses_does_not_matter(data, term, started_at):
    pauses = data.draw(st.lists(pauses_after(started_at), max_size=4))

    assert due(term, started_at, *reversed(pauses)) == due(term, started_at, *pauses)


@given(st.data(), DAY_TERMS, MOMENTS)
def test_a_pause_moves_the_due_moment_by_exactly_the_paused_working_time(data, term, started_at):
    before = due(term, started_at)
    pause = data.draw(pauses_after(started_at))
    first, last = pause.start.astimezone(CHINA).date(), pause.end.astimezone(CHINA).date()

    after = due(term, started_at, pause)

    if term.clock is ClockMode.hours24:
        moved = working_time(before, after, CALENDAR)
        start = max(pause.start, snapped(started_at, CALENDAR))
        paused = working_time(start, max(start, pause.end), CALENDAR)
        assert moved == (paused if pause.start < before else timedelta())
    else:
        due_on = (before - timedelta(seconds=1)).date()
        moved_days = CALENDAR.working_days_between(due_on, (after - timedelta(seconds=1)).date())
        if first < due_on:
            assert moved_days == CALENDAR.working_days_between(first, last)
        elif first > due_on:
            assert moved_days == 0
        else:  # the last day itself was interrupted: it ends on a day on which someone works
            assert after.date() > last
            assert moved_days >= CALENDAR.working_days_between(first, last)


@given(st.data(), TERMS, MOMENTS)
def test_a_due_moment_is_never_before_the_customer_gave_the_matter_back(data, term, started_at):
    pause = data.draw(pauses_after(started_at))

    after = due(term, started_at, pause)

    assert after == due(term, started_at) or after >= pause.end


@given(DAY_TERMS, MOMENTS, st.integers(1, 20))
def test_more_days_are_due_later_by_exactly_those_days(term, started_at, more):
    longer = Term(quantity=term.quantity + more, unit=term.unit, clock=term.clock)

    moved = working_time(due(term, started_at), due(longer, started_at), CALENDAR)

    assert moved == more * timedelta(days=1)
