"""The words of an application's life, and which of its events count: no database here.

Types, stages and their order belong to the rule packs (backend.promises).
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from backend.core.clock import CHINA
from backend.promises.rules import ApplicationType, Stage

# Earlier or later dates are typing mistakes, and lie outside the calendar we count with.
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=1)
NEWS_LIFE = timedelta(days=7)


class EventState(StrEnum):
    """What happened in a stage, in the order in which it happens when the times are equal."""

    started = "started"
    waiting_customer = "waiting_customer"
    resumed = "resumed"
    done = "done"
    rejected = "rejected"
    withdrawn = "withdrawn"


EVENT_ORDER = {state: number for number, state in enumerate(EventState)}


# Words of rows back to what they mean; an enum's own look-up is too slow for a feed.
STATES = {state.value: state for state in EventState}
STAGES = {stage.value: stage for stage in Stage}
TYPES = {kind.value: kind for kind in ApplicationType}


class ApplicationState(StrEnum):
    """Where an application stands, without regard to its deadlines."""

    under_way = "under_way"
    waiting_customer = "waiting_customer"
    done = "done"
    rejected = "rejected"
    withdrawn = "withdrawn"


OPEN = (ApplicationState.under_way, ApplicationState.waiting_customer)


class StageState(StrEnum):
    """How one stage looks in the timeline."""

    done = "done"
    now = "now"
    waiting = "waiting"
    later = "later"
    skipped = "skipped"
    rejected = "rejected"


class Turn(StrEnum):
    """Who has to act on the application; nobody once it is over."""

    customer = "customer"
    utility = "utility"
    none = "none"


class Origin(StrEnum):
    """Who entered the application: the utility's system or the customer here."""

    feed = "feed"
    app = "app"


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened, as the utility reported it."""

    id: str
    at: datetime
    stage: Stage
    state: EventState
    department: str | None = None
    note: str | None = None
    next_step: str | None = None


def in_time(at: datetime, now: datetime) -> bool:
    """Whether a reported moment can be true: not before 2000, not later than tomorrow."""
    return FIRST_MOMENT <= at <= now + CLOCK_SKEW


def new_number(at: datetime, chance: int) -> str:
    """The number of an application entered here, e.g. DH261122-048213; `chance` under a million."""
    return f"DH{at.astimezone(CHINA):%y%m%d}-{chance:06d}"
