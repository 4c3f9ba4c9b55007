"""Dates, times and amounts as people say them, in both languages; always in China's time."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from babel.dates import format_date, format_datetime

from backend.core import clock
from backend.core.i18n import _, locale

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def day(value: date | datetime) -> str:
    """11 月 27 日 周五; the year only when it is not this one."""
    if isinstance(value, datetime):
        value = value.astimezone(clock.CHINA).date()
    same_year = value.year == clock.today().year
    if locale() == "en":
        return format_date(value, "EEE d MMM" if same_year else "EEE d MMM y", locale="en_GB")
    year = "" if same_year else f"{value.year} 年 "
    return f"{year}{value.month} 月 {value.day} 日 {WEEKDAYS[value.weekday()]}"


def moment(value: datetime) -> str:
    """今天 09:30, 昨天 18:05, 11 月 20 日 周五 08:12."""
    local = value.astimezone(clock.CHINA)
    time = f"{local:%H:%M}"
    distance = (local.date() - clock.today()).days
    near = {0: _("今天"), -1: _("昨天"), 1: _("明天")}
    return f"{near.get(distance) or day(local)} {time}"


def until(value: datetime) -> str:
    """A deadline: the end of a day is 24:00 of that day and not the next one's first minute."""
    local = value.astimezone(clock.CHINA)
    if local.time() != time():
        return moment(value)
    return f"{day(local - timedelta(days=1))} 24:00"


def short_day(value: date | datetime) -> str:
    """11-27 for narrow places."""
    if isinstance(value, datetime):
        value = value.astimezone(clock.CHINA).date()
    return format_date(value, "d MMM", locale="en_GB") if locale() == "en" else f"{value:%m-%d}"


def exact(value: datetime) -> str:
    """2026-11-22 09:30, for the `title` and `datetime` of a time."""
    local = value.astimezone(clock.CHINA)
    if locale() == "en":
        return format_datetime(local, "d MMM y, HH:mm", locale="en_GB")
    return f"{local:%Y-%m-%d %H:%M}"


def iso(value: date | datetime) -> str:
    return value.isoformat()


def ago(value: datetime) -> str:
    """刚刚, 5 分钟前, 3 小时前, else the moment itself."""
    passed = clock.now() - value.astimezone(UTC)
    if passed < timedelta(minutes=1):
        return _("刚刚")
    if passed < timedelta(hours=1):
        return _("%(n)s 分钟前", n=passed // timedelta(minutes=1))
    if passed < timedelta(hours=12):
        return _("%(n)s 小时前", n=passed // timedelta(hours=1))
    return moment(value)


def money(value: Decimal) -> str:
    """1,234.50"""
    return f"{value:,.2f}"
