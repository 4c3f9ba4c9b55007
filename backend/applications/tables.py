"""Applications, what happened to them, and the customers' nudges."""

from piccolo.columns import (
    JSONB,
    UUID,
    ForeignKey,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from backend.accounts.tables import Customer, Person, UsagePoint
from backend.applications.rules import ApplicationState, EventState, Origin, Turn
from backend.core.columns import one_of
from backend.promises.rules import ApplicationType, Stage


class Application(Table):
    """用电申请. From `state` on the columns are the outcome of its events, kept for lists."""

    id = Varchar(length=40, primary_key=True, default=None)
    type = Varchar(length=40, default=None)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict, index=True)
    usage_point = ForeignKey(
        UsagePoint, null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    submitted_at = Timestamptz(default=None)
    voltage = Varchar(length=10, null=True, default=None)
    sources = SmallInt(null=True, default=None)
    title = Varchar(length=100, null=True, default=None)
    origin = Varchar(length=10, default=None)
    form = JSONB(null=True, default=None)
    state = Varchar(length=20, default=None)
    turn = Varchar(length=10, default=None)
    stage = Varchar(length=20, default=None)
    stages = JSONB(default="{}")
    updated_at = Timestamptz(default=None)

    known_type = one_of("type", ApplicationType)
    known_origin = one_of("origin", Origin)
    known_state = one_of("state", ApplicationState)
    known_turn = one_of("turn", Turn)
    known_stage = one_of("stage", Stage)


class ApplicationEvent(Table, tablename="application_event"):
    """One thing the utility reported; all of them together say where the application stands."""

    id = Varchar(length=40, primary_key=True, default=None)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.cascade)
    at = Timestamptz(default=None)
    stage = Varchar(length=20, default=None)
    state = Varchar(length=20, default=None)
    department = Varchar(length=100, null=True, default=None)
    note = Text(null=True, default=None)
    next_step = Text(null=True, default=None)
    received_at = Timestamptz(default=None)

    known_stage = one_of("stage", Stage)
    known_state = one_of("state", EventState)


class Nudge(Table):
    """催办: a customer asks the utility to get on with it, and must be answered."""

    owned_by = "application"

    id = UUID(primary_key=True)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.cascade)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, index=True)
    at = Timestamptz(default=None)
    text = Varchar(length=200, default="")
    answered_at = Timestamptz(null=True, default=None)
    answer = Varchar(length=500, null=True, default=None)
    answered_by = Varchar(length=40, null=True, default=None)


INDEXES = (
    "CREATE INDEX application_event_of ON application_event (application)",
    "CREATE INDEX nudge_of ON nudge (application, at)",
    # One nudge waits for its answer at a time; the staff's queue is this index.
    "CREATE UNIQUE INDEX nudge_open ON nudge (application) WHERE answered_at IS NULL",
)
