"""What becomes of a message after an answer, and how that is written down."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from backend.core import clock
from backend.notifications import rules
from backend.notifications.answers import Meaning, meaning, retry_after
from backend.notifications.rules import State
from backend.notifications.transport import Answer
from backend.notifications.window import Window

log = logging.getLogger(__name__)
chance = SystemRandom().random

# Shares of an origin's recent answers above which the origin rests, not only the message.
MANY_LIMITS, MANY_REFUSALS = 0.25, 0.05
REST_SECONDS, LONG_REST_SECONDS = 30, 600
# A token is disbelieved thrice, minutes apart, before the subscription pays for it.
PROOFS = 2


class Sent(Protocol):
    """What the verdict needs to know of a delivery, whatever its channel."""

    @property
    def id(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def notification(self) -> int: ...


class SentPush(Sent, Protocol):
    @property
    def matters(self) -> bool: ...
    @property
    def subscription(self) -> UUID: ...


class Outcome(Struct, frozen=True, kw_only=True):
    """The new state of one delivery; `gone` is a subscription to end, and why."""

    id: int
    notification: int
    state: State
    attempts: int
    due_at: datetime | None = None
    answer: int | None = None
    gone: UUID | None = None
    error: str = ""

    @classmethod
    def later(cls, sent: Sent, at: datetime, attempts: int, answer: int | None = None) -> "Outcome":
        return cls(
            id=sent.id,
            notification=sent.notification,
            state=State.pending,
            attempts=attempts,
            due_at=at,
            answer=answer,
        )


def lasting(sent: SentPush, state: State, *, answer: int | None = None, error: str = "") -> Outcome:
    """A final state; with an `error` the subscription ends too."""
    return Outcome(
        id=sent.id,
        notification=sent.notification,
        state=state,
        attempts=sent.attempts + (answer is not None),
        answer=answer,
        gone=sent.subscription if error else None,
        error=error,
    )


def judge(sent: SentPush, answer: Answer, window: Window) -> Outcome:
    """The verdict on one message, and what the window learns from it."""
    found = meaning(answer.status)
    window.heard(found)
    match found:
        case Meaning.accepted:
            return lasting(sent, State.sent, answer=answer.status)
        case Meaning.gone:
            return lasting(sent, State.dead, answer=answer.status, error=f"answer {answer.status}")
        case Meaning.limited | Meaning.unknown:
            return _again(sent, answer, window)
        case Meaning.unproven:
            return _disbelieved(sent, answer, window)
    log.warning(
        "push refused",
        extra={"status": answer.status, "body": answer.body[:300].decode("utf-8", "replace")}
        | {"description": answer.headers.get("x-wns-error-description", "")},
    )
    return lasting(sent, State.failed, answer=answer.status)


def _again(sent: SentPush, answer: Answer, window: Window) -> Outcome:
    """Limits and silence: the message waits; the origin only when many of its answers are such."""
    asked = retry_after(answer.headers.get("retry-after", ""), clock.now())
    if window.share(Meaning.limited, Meaning.unknown) > MANY_LIMITS:
        window.pause(min(asked or REST_SECONDS, LONG_REST_SECONDS))
        log.warning("push service rests", extra={"status": answer.status})
    if sent.matters and sent.attempts + 1 >= rules.PATIENCE:
        return lasting(sent, State.failed, answer=answer.status)
    return _later(sent, answer, asked)


def _disbelieved(sent: SentPush, answer: Answer, window: Window) -> Outcome:
    """One refusal is this subscription's fault, many are ours: then nobody's subscription pays."""
    if window.share(Meaning.unproven) > MANY_REFUSALS:
        window.pause(LONG_REST_SECONDS)
        log.error("push service does not believe us", extra={"status": answer.status})
    elif sent.attempts >= PROOFS:
        return lasting(sent, State.dead, answer=answer.status, error="key mismatch")
    return _later(sent, answer, None)


def _later(sent: Sent, answer: Answer, asked: float | None) -> Outcome:
    wait: timedelta = (
        rules.back_off(sent.attempts, chance())
        if asked is None
        else rules.wait_asked(asked, chance())
    )
    return Outcome.later(sent, clock.now() + wait, sent.attempts + 1, answer.status)


# ── writing it down ────────────────────────────────────────────────────────

SETTLE = """
UPDATE delivery d
SET state = o.state, due_at = coalesce(o.due_at, d.due_at), attempts = o.attempts,
    answer = o.answer, settled_at = CASE WHEN o.state <> 'pending' THEN $6::timestamptz END
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::int2[], $5::int2[])
    AS o(id, state, due_at, attempts, answer)
WHERE d.id = o.id"""

# In the order of ids, so that two lanes never wait for each other in a circle.
END_SUBSCRIPTIONS = """
UPDATE push_subscription s SET gone_at = $3, last_error = g.error
FROM (
    SELECT p.id, given.error
    FROM push_subscription p JOIN unnest($1::uuid[], $2::text[]) AS given(id, error) USING (id)
    WHERE p.gone_at IS NULL ORDER BY p.id FOR UPDATE OF p
) g WHERE s.id = g.id"""

# News that matters and now has no push left that was sent or still may be goes by text message.
FALL_BACK = """
INSERT INTO delivery (notification, channel, priority, due_at, expires_at, attempts, state)
SELECT n.id, 'sms', min(d.priority), $2, max(d.expires_at), 0, 'pending'
FROM notification n
JOIN delivery d ON d.notification = n.id
LEFT JOIN notification_preference chosen
    ON chosen.person = n.person AND chosen.topic = n.topic AND chosen.channel = 'sms'
WHERE n.id = ANY($1) AND n.matters AND coalesce(chosen.enabled, n.topic <> ALL($3::text[]))
GROUP BY n.id
HAVING bool_and(d.channel = 'push' AND d.state IN ('dead', 'failed')) AND max(d.expires_at) > $2
ON CONFLICT DO NOTHING
RETURNING id"""


async def settle(connection: Any, outcomes: Sequence[Outcome]) -> None:
    """Write what became of a batch, on the transaction that claimed it."""
    now = clock.now()
    await connection.execute(
        SETTLE,
        [one.id for one in outcomes],
        [one.state for one in outcomes],
        [one.due_at for one in outcomes],
        [one.attempts for one in outcomes],
        [one.answer for one in outcomes],
        now,
    )
    gone = {one.gone: one.error for one in outcomes if one.gone is not None}
    if gone:
        await connection.execute(END_SUBSCRIPTIONS, list(gone), list(gone.values()), now)
    lost = {one.notification for one in outcomes if one.state in (State.dead, State.failed)}
    if lost:
        await fall_back(connection, lost)


async def fall_back(connection: Any, lost: set[int]) -> None:
    """Plan a text message for those of these notifications that push cannot deliver any more."""
    planned = await connection.fetch(
        FALL_BACK, sorted(lost), clock.now(), sorted(rules.SMS_OFF_AT_FIRST)
    )
    if planned:
        await connection.execute("NOTIFY delivery")
