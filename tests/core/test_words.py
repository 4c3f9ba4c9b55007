"""Dates and times as people say them, in China's time and the reader's language."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backend.core import words
from backend.core.clock import frozen
from backend.core.i18n import using

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China


def china(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T{hour:02}:{minute:02}:00+08:00")


@pytest.fixture(autouse=True)
def noon():
    with frozen(NOW):
        yield


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        (china(22, 9, 5), "今天 09:05", "today 09:05"),
        (china(21, 23, 59), "昨天 23:59", "yesterday 23:59"),
        (china(23, 0, 1), "明天 00:01", "tomorrow 00:01"),
        (china(20, 8, 12), "11 月 20 日 周五 08:12", "Fri 20 Nov 08:12"),
    ],
)
def test_a_moment_is_near_or_a_date(at, chinese, english):
    assert words.moment(at) == chinese
    with using("en"):
        assert words.moment(at) == english


def test_the_day_is_china_s_and_not_the_server_s():
    assert words.day(datetime(2026, 11, 22, 17, 0, tzinfo=UTC)) == "11 月 23 日 周一"


def test_another_year_is_named():
    assert words.day(date(2027, 1, 4)) == "2027 年 1 月 4 日 周一"
    with using("en"):
        assert words.day(date(2027, 1, 4)) == "Mon 4 Jan 2027"


def test_a_deadline_at_midnight_is_the_end_of_the_day_before():
    assert words.until(china(24, 0)) == "11 月 23 日 周一 24:00"
    assert words.until(china(23, 15, 30)) == "明天 15:30"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 11, 22, 3, 59, 30, tzinfo=UTC), "刚刚"),
        (datetime(2026, 11, 22, 3, 55, tzinfo=UTC), "5 分钟前"),
        (datetime(2026, 11, 22, 1, 0, tzinfo=UTC), "3 小时前"),
        (datetime(2026, 11, 21, 3, 0, tzinfo=UTC), "昨天 11:00"),
    ],
)
def test_what_just_happened_is_told_by_its_distance(at, told):
    assert words.ago(at) == told


def test_money_has_its_fen():
    assert words.money(Decimal("1234.5")) == "1,234.50"
