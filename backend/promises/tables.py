"""Promises made to customers, each with the rule it was made by."""

from piccolo.columns import (
    JSONB,
    UUID,
    Boolean,
    Date,
    ForeignKey,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from backend.accounts.tables import Customer, UsagePoint
from backend.core.columns import one_of
from backend.promises.rules import State, SubjectKind


class Promise(Table):
    """承诺: one deadline of one matter. `rule` is the rule as it was when the promise was made."""

    id = UUID(primary_key=True)
    subject_kind = Varchar(length=20, default=None)
    subject_id = Varchar(length=80, default=None)
    key = Varchar(length=80, default=None)
    customer = ForeignKey(Customer, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    usage_point = ForeignKey(UsagePoint, null=True, default=None, on_delete=OnDelete.set_null)
    subject_zh = Varchar(length=200, default=None)
    subject_en = Varchar(length=200, default=None)
    url = Varchar(length=200, default=None)
    rule = JSONB(default=None)
    pack = Varchar(length=60, default=None)
    pack_version = Varchar(length=20, default=None)
    department_zh = Varchar(length=100, default="")
    department_en = Varchar(length=100, default="")
    started_at = Timestamptz(default=None)
    pauses = JSONB(default="[]")
    done_at = Timestamptz(null=True, default=None)
    stopped_at = Timestamptz(null=True, default=None)
    state = Varchar(length=20, default=None)
    due_at = Timestamptz(default=None)
    due_on = Date(default=None)
    due_soon_at = Timestamptz(default=None)
    provisional = Boolean(default=False)
    known_until = Date(default=None)
    warned_at = Timestamptz(null=True, default=None)
    overdue_at = Timestamptz(null=True, default=None)
    reason = Text(default="")
    next_step = Text(default="")
    explained_at = Timestamptz(null=True, default=None)
    explained_by = Varchar(length=60, null=True, default=None)

    known_subject = one_of("subject_kind", SubjectKind)
    known_state = one_of("state", State)
    owned_by = "customer"
    one_a_subject = Unique([subject_kind, subject_id, key])


# What the worker looks for every 20 seconds and what staff sees in the queues: the open ones alone, so
# that years of kept promises cost nothing.
INDEXES = (
    "CREATE INDEX promise_due ON promise (due_at) WHERE done_at IS NULL AND stopped_at IS NULL",
    "CREATE INDEX promise_near ON promise (due_soon_at) WHERE done_at IS NULL AND stopped_at IS NULL",
    "CREATE INDEX promise_provisional ON promise (known_until) WHERE provisional",
)
