"""What is sent to whom, when and how urgently: pure, and the words every channel shares."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from backend.core.i18n import N_


class Topic(StrEnum):
    """What a notice is about; the unit of a person's preferences."""

    application = "application"
    promise = "promise"
    outage = "outage"
    bill = "bill"
    feedback = "feedback"
    account = "account"


class Channel(StrEnum):
    push = "push"
    sms = "sms"


class State(StrEnum):
    """Where a delivery stands; everything but pending is final."""

    pending = "pending"
    sent = "sent"
    failed = "failed"  # refused for good: too large, malformed
    dead = "dead"  # the subscription behind it no longer exists
    superseded = "superseded"  # newer news of the same thing made it moot
    expired = "expired"  # stale before it could be delivered


class Urgency(StrEnum):
    """RFC 8030 §5.3; high only for outages and safety."""

    low = "low"
    normal = "normal"
    high = "high"


TOPIC_NAMES = {
    Topic.application: N_("业务办理进度"),
    Topic.promise: N_("时限提醒"),
    Topic.outage: N_("停电与复电"),
    Topic.bill: N_("账单与缴费"),
    Topic.feedback: N_("诉求回复"),
    Topic.account: N_("账号安全"),
}

CHANNEL_NAMES = {Channel.push: N_("手机通知"), Channel.sms: N_("短信")}

# A bill by SMS is asked for, not imposed.
SMS_OFF_AT_FIRST = frozenset({Topic.bill})

# A safety warning goes before everything, then outages, then status, then bills: a bill run of
# 100,000 messages must not delay the first outage message.
PRIORITY_OF_SAFETY = 0
PRIORITIES = {Urgency.high: 1, Urgency.normal: 2, Urgency.low: 3}

LIFE = {
    Topic.application: timedelta(days=7),
    Topic.promise: timedelta(days=3),
    Topic.outage: timedelta(hours=4),
    Topic.bill: timedelta(days=14),
    Topic.feedback: timedelta(days=3),
    Topic.account: timedelta(days=1),
}

# Nights are quiet until a person says otherwise; safety goes through, the inbox is always immediate.
QUIET = (time(22), time(7))

RETRY_BASE = timedelta(seconds=2)
RETRY_CEILING = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=1)
# After so many vain attempts (some twenty minutes) news that matters goes by text message instead.
PATIENCE = 10


def priority(urgency: Urgency, safety: bool) -> int:
    return PRIORITY_OF_SAFETY if safety else PRIORITIES[urgency]


def wanted_at_first(topic: Topic, channel: Channel) -> bool:
    """Whether a person who never chose gets this topic by this channel."""
    return channel is Channel.push or topic not in SMS_OFF_AT_FIRST


def back_off(attempts: int, chance: float) -> timedelta:
    """Exponential with full jitter (`chance` from 0 to 1), never under half a second."""
    doubled: int = 2 ** min(attempts, 20)
    longest = min(RETRY_CEILING, RETRY_BASE * doubled)
    return max(timedelta(seconds=0.5), longest * chance)


def wait_asked(seconds: float, chance: float) -> timedelta:
    """What a Retry-After asks for, plus up to a fifth so that the messages do not return as one."""
    return min(LONGEST_WAIT, timedelta(seconds=seconds)) * (1 + 0.2 * chance)


def time_to_live(expires_at: datetime, at: datetime) -> int:
    """Whole seconds a message stays worth delivering; 0 when it is stale."""
    return max(0, int((expires_at - at).total_seconds()))
