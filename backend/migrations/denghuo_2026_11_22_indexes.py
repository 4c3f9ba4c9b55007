"""Partial and composite indexes, which Piccolo's columns cannot say. Written by hand."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

ID = "2026-11-22T06:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "Partial and composite indexes"

STATEMENTS = (
    'CREATE INDEX job_ready ON job (priority DESC, next_at) WHERE NOT dead',
    'CREATE UNIQUE INDEX job_dedup ON job (dedup) WHERE dedup IS NOT NULL AND NOT dead',
    'CREATE INDEX audit_entry_subject ON audit_entry (subject, at)',
    'CREATE INDEX idempotent_answer_created ON idempotent_answer (created_at)',
    'CREATE UNIQUE INDEX access_one_customer ON access (person, customer) WHERE customer IS NOT NULL',
    'CREATE UNIQUE INDEX access_one_usage_point ON access (person, usage_point) WHERE usage_point IS NOT NULL',
    'CREATE INDEX session_live ON session (person) WHERE ended_at IS NULL',
    'CREATE UNIQUE INDEX notification_once ON notification (person, key)',
    'CREATE INDEX notification_inbox ON notification (person, id)',
    'CREATE INDEX notification_unread ON notification (person) WHERE read_at IS NULL',
    'CREATE INDEX notification_tag ON notification (tag, person, id)',
    'CREATE INDEX push_subscription_live ON push_subscription (person) WHERE gone_at IS NULL',
    'CREATE INDEX push_subscription_session ON push_subscription (session)',
    "CREATE INDEX delivery_push_due ON delivery (priority, due_at, id) WHERE state = 'pending' AND channel = 'push'",
    "CREATE INDEX delivery_sms_due ON delivery (priority, due_at, id) WHERE state = 'pending' AND channel = 'sms'",
    "CREATE UNIQUE INDEX delivery_push_once ON delivery (notification, subscription) WHERE channel = 'push'",
    "CREATE UNIQUE INDEX delivery_sms_once ON delivery (notification) WHERE channel = 'sms'",
    'CREATE INDEX delivery_subscription ON delivery (subscription)',
    'CREATE UNIQUE INDEX notification_preference_once ON notification_preference (person, topic, channel)',
    'CREATE INDEX promise_due ON promise (due_at) WHERE done_at IS NULL AND stopped_at IS NULL',
    'CREATE INDEX promise_near ON promise (due_soon_at) WHERE done_at IS NULL AND stopped_at IS NULL',
    'CREATE INDEX promise_provisional ON promise (known_until) WHERE provisional',
    'CREATE INDEX application_event_of ON application_event (application)',
    'CREATE INDEX nudge_of ON nudge (application, at)',
    'CREATE UNIQUE INDEX nudge_open ON nudge (application) WHERE answered_at IS NULL',
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="denghuo", description=DESCRIPTION)

    async def run():
        for statement in STATEMENTS:
            await Migration.raw(statement)

    manager.add_raw(run)
    return manager
