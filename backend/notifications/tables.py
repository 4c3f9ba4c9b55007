"""The inbox, what must be delivered, where to, and what each person wants."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigSerial,
    Boolean,
    Bytea,
    ForeignKey,
    OnDelete,
    SmallInt,
    Text,
    Time,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from backend.accounts.tables import Person, Session
from backend.core.columns import one_of
from backend.notifications.rules import Channel, State, Topic, Urgency


class Notification(Table):
    """消息: one piece of news for one person; always in the inbox, whatever else delivers it.

    The text is not stored: message and params are put into words in the reader's language.
    """

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    key = Varchar(length=200, default=None)
    topic = Varchar(length=20, default=None)
    message = Varchar(length=80, default=None)
    params = JSONB(default=None)
    url = Varchar(length=300, default=None)
    tag = Varchar(length=120, default=None)
    urgency = Varchar(length=10, default=None)
    matters = Boolean(default=None)
    replaces = Boolean(default=None)
    happened_at = Timestamptz(default=None)
    created_at = Timestamptz(default=None)
    read_at = Timestamptz(null=True, default=None)

    known_topic = one_of("topic", Topic)
    known_urgency = one_of("urgency", Urgency)


class PushSubscription(Table, tablename="push_subscription"):
    """One browser that agreed to be woken; it ends with the session it was made in."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.cascade)
    endpoint = Text(unique=True, default=None)
    p256dh = Bytea(default=None)
    auth = Bytea(default=None)
    vapid_key = Varchar(length=100, default=None)
    device = Varchar(length=100, default="")
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    gone_at = Timestamptz(null=True, default=None)
    last_error = Varchar(length=100, null=True, default=None)


class Delivery(Table):
    """送达: one notification on one way to the person; pending until something final happens.

    The phone number is not copied here: the person's present one is used when the text is sent.
    """

    owned_by = "notification"

    id = BigSerial(primary_key=True)
    notification = ForeignKey(Notification, null=False, on_delete=OnDelete.cascade)
    channel = Varchar(length=10, default=None)
    subscription = ForeignKey(PushSubscription, null=True, default=None, on_delete=OnDelete.cascade)
    priority = SmallInt(default=None)
    due_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    attempts = SmallInt(default=0)
    state = Varchar(length=12, default=State.pending)
    answer = SmallInt(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)

    known_channel = one_of("channel", Channel)
    known_state = one_of("state", State)


class Preference(Table, tablename="notification_preference"):
    """What a person chose for one topic on one channel; no row is rules.wanted_at_first."""

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    topic = Varchar(length=20, default=None)
    channel = Varchar(length=10, default=None)
    enabled = Boolean(default=None)

    known_preference_topic = one_of("topic", Topic)
    known_preference_channel = one_of("channel", Channel)


class QuietHours(Table, tablename="quiet_hours"):
    """不打扰: a person's nights, in China's time; equal ends mean none, no row rules.QUIET."""

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, unique=True)
    starts = Time(default=None)
    ends = Time(default=None)


# A delivery of a bill run must not be scanned to find an outage: the priority leads the index.
INDEXES = (
    "CREATE UNIQUE INDEX notification_once ON notification (person, key)",
    "CREATE INDEX notification_inbox ON notification (person, id)",
    "CREATE INDEX notification_unread ON notification (person) WHERE read_at IS NULL",
    "CREATE INDEX notification_tag ON notification (tag, person, id)",
    "CREATE INDEX push_subscription_live ON push_subscription (person) WHERE gone_at IS NULL",
    "CREATE INDEX push_subscription_session ON push_subscription (session)",
    (
        "CREATE INDEX delivery_push_due ON delivery (priority, due_at, id)"
        " WHERE state = 'pending' AND channel = 'push'"
    ),
    (
        "CREATE INDEX delivery_sms_due ON delivery (priority, due_at, id)"
        " WHERE state = 'pending' AND channel = 'sms'"
    ),
    (
        "CREATE UNIQUE INDEX delivery_push_once ON delivery (notification, subscription)"
        " WHERE channel = 'push'"
    ),
    "CREATE UNIQUE INDEX delivery_sms_once ON delivery (notification) WHERE channel = 'sms'",
    "CREATE INDEX delivery_subscription ON delivery (subscription)",
    (
        "CREATE UNIQUE INDEX notification_preference_once"
        " ON notification_preference (person, topic, channel)"
    ),
)
