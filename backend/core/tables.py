"""Rows every slice needs."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigSerial,
    Boolean,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table


class Job(Table):
    """Work to be done later or outside; it exists if and only if the business rows do.

    `next_at` is run time, lease end and retry time in one; `attempts` is the fencing token.
    """

    id = BigSerial(primary_key=True)
    kind = Varchar(length=80, default=None)
    args = JSONB(default="{}")
    dedup = Varchar(length=200, null=True, default=None)
    priority = SmallInt(default=0)
    next_at = Timestamptz()
    attempts = SmallInt(default=0)
    max_attempts = SmallInt(default=8)
    leased_by = Varchar(length=120, null=True, default=None)
    last_error = Text(null=True, default=None)
    dead = Boolean(default=False)
    created_at = Timestamptz()


class JobSlot(Table, tablename="job_slot"):
    """The last scheduled moment some worker took; any number of workers schedule it once."""

    name = Varchar(length=80, primary_key=True, default=None)
    slot = Timestamptz(default=None)


class RateCount(Table, tablename="rate_count"):
    """How often something was done in a window; shared by all processes."""

    key = Varchar(length=120, primary_key=True, default=None)
    window_start = Timestamptz(default=None)
    hits = Integer(default=0)


class AuditEntry(Table, tablename="audit_entry"):
    """What was done, by whom, to what; rows are only ever added."""

    id = UUID(primary_key=True)
    at = Timestamptz()
    actor = Varchar(length=60, default=None)
    action = Varchar(length=60, default=None)
    subject = Varchar(length=120, default=None)
    facts = JSONB(default="{}")


class IdempotentAnswer(Table, tablename="idempotent_answer"):
    """The first answer to an unsafe request with an Idempotency-Key, given again to its repeats."""

    key = Varchar(length=300, primary_key=True, default=None)
    request_hash = Varchar(length=64, default=None)
    status = SmallInt(null=True, default=None)
    headers = JSONB(default="[]")
    body = Text(default="")
    created_at = Timestamptz()


# Partial and composite indexes, which Piccolo's columns cannot say; the first migration makes them.
INDEXES = (
    "CREATE INDEX job_ready ON job (priority DESC, next_at) WHERE NOT dead",
    "CREATE UNIQUE INDEX job_dedup ON job (dedup) WHERE dedup IS NOT NULL AND NOT dead",
    "CREATE INDEX audit_entry_subject ON audit_entry (subject, at)",
    "CREATE INDEX idempotent_answer_created ON idempotent_answer (created_at)",
)
