"""The one place that asks what time it is, so that tests can say it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen or datetime.now(UTC)


def today() -> date:
    """The present date in China, where the deadlines are counted."""
    return now().astimezone(CHINA).date()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Within the block it is always `at` (aware); for tests."""
    global _frozen  # noqa: PLW0603 - the clock is one for the whole process
    if at.tzinfo is None:
        raise ValueError("the frozen time must be aware")
    before, _frozen = _frozen, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
