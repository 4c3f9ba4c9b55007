"""Short ways to say what happened to an application in tests."""

from datetime import UTC, datetime

from backend.applications.rules import Event, EventState
from backend.promises.rules import Stage


def moment(day: int, hour: int = 2, month: int = 3) -> datetime:
    """A moment in March 2026; 02:00 UTC is 10:00 in China."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def event(stage: str, state: str, day: int, hour: int = 2, **given: str) -> Event:
    return Event(
        id=given.pop("id", f"{stage}-{state}-{day}-{hour}"),
        at=moment(day, hour),
        stage=Stage(stage),
        state=EventState(state),
        **given,
    )


def done(day: int, *stages: str) -> list[Event]:
    """These stages done on one day, an hour apart."""
    return [event(stage, "done", day, hour) for hour, stage in enumerate(stages)]
