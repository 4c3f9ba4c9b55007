"""What comes into notifications (commands, verbs) and what goes out (views, nouns)."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

from backend.core.feed import PLAIN
from backend.notifications.rules import Channel, State, Topic, Urgency

__all__ = ["Channel", "Notice", "State", "Topic", "Urgency"]

Label = Annotated[str, Meta(max_length=100, pattern=PLAIN)]
Endpoint = Annotated[str, Meta(min_length=1, max_length=2048)]
Choice = Annotated[str, Meta(pattern=r"^[a-z]{1,20}:(push|sms)\Z", max_length=30)]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", max_length=5)]


class Notice(Struct, frozen=True, kw_only=True):
    """News for the persons behind a customer, behind a usage point, or for one person.

    `key` is unique for each person: the same key is told once. `tag` names what it is about; a newer
    notice with the same tag replaces the older on the lock screen, and where `replaces` is set the
    older is not even delivered any more. `matters`: a text message where push cannot reach.
    """

    key: str
    topic: Topic
    message: str
    url: str
    tag: str
    params: dict[str, str | int] = field(default_factory=dict)
    customer: str | None = None
    usage_point: str | None = None
    person: UUID | None = None
    matters: bool = False
    safety: bool = False
    replaces: bool = False
    urgency: Urgency = Urgency.normal
    expires_at: datetime | None = None
    at: datetime | None = None


# ── commands ───────────────────────────────────────────────────────────────


class PushKeys(Struct, frozen=True):
    p256dh: Annotated[str, Meta(min_length=1, max_length=200)]
    auth: Annotated[str, Meta(min_length=1, max_length=60)]


class Subscribe(Struct, frozen=True, kw_only=True):
    """`PushSubscription.toJSON()` of the browser; `old_endpoint` is the one it stands in for."""

    endpoint: Endpoint
    keys: PushKeys
    vapid_key: Annotated[str, Meta(max_length=100)] | None = None
    old_endpoint: Endpoint | None = None
    device: Label = ""


class Unsubscribe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    endpoint: Endpoint


class SetPreferences(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything wanted, as "topic:channel"; what is not named is off. No times, no quiet hours."""

    on: Annotated[list[Choice], Meta(max_length=40)]
    quiet_from: ClockTime | None = None
    quiet_to: ClockTime | None = None


class MarkRead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One notification, or, without an id, all of them."""

    id: Annotated[int, Meta(ge=1, le=2**62)] | None = None


# ── views ──────────────────────────────────────────────────────────────────


class PushKeyView(Struct, frozen=True):
    key: str


class NotificationView(Struct, frozen=True, kw_only=True):
    id: int
    topic: Topic
    topic_name: str
    title: str
    body: str
    url: str
    tag: str
    happened_at: datetime
    unread: bool


class NotificationList(Struct, frozen=True):
    items: list[NotificationView]
    next: str | None
    unread: int


class ChannelCell(Struct, frozen=True):
    """One box of the preferences: `fixed` ones (the inbox) cannot be switched off."""

    channel: str
    name: str
    on: bool
    fixed: bool = False


class TopicPreference(Struct, frozen=True):
    code: Topic
    name: str
    channels: list[ChannelCell]


class ChannelName(Struct, frozen=True):
    code: str
    name: str


class SubscriptionView(Struct, frozen=True):
    """A device that gets notifications; its address and keys stay with us."""

    id: UUID
    name: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class PreferencesView(Struct, frozen=True, kw_only=True):
    channels: list[ChannelName]
    topics: list[TopicPreference]
    quiet_from: str
    quiet_to: str
    devices: list[SubscriptionView]


class DeliveryView(Struct, frozen=True, kw_only=True):
    """How one notice reached one person, for staff: masked, without the text."""

    key: str
    phone_masked: str
    channel: Channel
    state: State
    attempts: int
    due_at: datetime
    settled_at: datetime | None
    read_at: datetime | None


class Quiet(Struct, frozen=True):
    starts: time
    ends: time
