"""Telling people: notices become inbox entries and deliveries in the caller's own transaction.

One statement for a whole batch of the feed: it finds the persons through Access, drops what they
were told before, and plans every delivery by what each of them wants.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from backend.core import clock, db
from backend.core.live import hint
from backend.notifications import messages, rules
from backend.notifications.rules import Channel, Topic
from backend.notifications.schemas import Notice

OUR_PATH = re.compile(r"/(?!/)[!-~]*\Z")
WAKE = "NOTIFY delivery"  # the lanes listen; sent at COMMIT, once a transaction

# Raw SQL: Piccolo's builder has neither INSERT … SELECT nor common table expressions.
# A push waits for the end of the person's quiet hours unless it is about safety. A text message is
# planned only for what matters, and only for whom no push is planned.
NOTIFY = """
WITH notice AS (
    SELECT * FROM json_to_recordset($1::json) AS n(
        position int, key text, topic text, message text, params jsonb, url text, tag text,
        customer text, usage_point text, to_person uuid, matters bool, safety bool, replaces bool,
        urgency text, priority int2, push bool, sms bool,
        expires_at timestamptz, happened_at timestamptz)
), granted AS (
    SELECT person, customer, usage_point FROM access WHERE expires_at IS NULL OR expires_at > $2
), reached AS (
    SELECT position, to_person AS person FROM notice WHERE to_person IS NOT NULL
    UNION
    SELECT n.position, g.person FROM notice n JOIN granted g ON g.customer = n.customer
    UNION
    SELECT n.position, g.person FROM notice n JOIN granted g ON g.usage_point = n.usage_point
    UNION
    SELECT n.position, g.person FROM notice n
    JOIN usage_point u ON u.id = n.usage_point JOIN granted g ON g.customer = u.customer
), fresh AS (
    INSERT INTO notification (person, key, topic, message, params, url, tag, urgency, matters,
                              replaces, happened_at, created_at)
    SELECT r.person, n.key, n.topic, n.message, n.params, n.url, n.tag, n.urgency, n.matters,
           n.replaces, n.happened_at, $2
    FROM notice n JOIN reached r USING (position)
    ORDER BY n.position
    ON CONFLICT (person, key) DO NOTHING
    RETURNING id, person, key, tag
), local AS (
    SELECT ($2::timestamptz AT TIME ZONE 'Asia/Shanghai')::date AS day,
           ($2::timestamptz AT TIME ZONE 'Asia/Shanghai')::time AS clock
), planned AS (
    SELECT f.id, f.person, n.priority, n.expires_at,
           n.matters AND coalesce(by_sms.enabled, n.sms) AS by_sms,
           coalesce(by_push.enabled, n.push) AS by_push,
           CASE WHEN n.safety THEN $2
                WHEN CASE WHEN q.starts <= q.ends THEN l.clock >= q.starts AND l.clock < q.ends
                          ELSE l.clock >= q.starts OR l.clock < q.ends END
                THEN (l.day + q.ends
                      + CASE WHEN l.clock < q.ends THEN interval '0' ELSE interval '1 day' END)
                     AT TIME ZONE 'Asia/Shanghai'
                ELSE $2 END AS due_at
    FROM fresh f
    JOIN notice n USING (key)
    CROSS JOIN local l
    LEFT JOIN notification_preference by_push
        ON by_push.person = f.person AND by_push.topic = n.topic AND by_push.channel = 'push'
    LEFT JOIN notification_preference by_sms
        ON by_sms.person = f.person AND by_sms.topic = n.topic AND by_sms.channel = 'sms'
    LEFT JOIN quiet_hours chosen ON chosen.person = f.person
    CROSS JOIN LATERAL (SELECT coalesce(chosen.starts, $3) AS starts,
                               coalesce(chosen.ends, $4) AS ends) q
), pushed AS (
    INSERT INTO delivery (notification, channel, subscription, priority, due_at, expires_at,
                          attempts, state)
    SELECT p.id, 'push', s.id, p.priority, p.due_at, p.expires_at, 0, 'pending'
    FROM planned p JOIN push_subscription s ON s.person = p.person AND s.gone_at IS NULL
    WHERE p.by_push
    ON CONFLICT DO NOTHING
    RETURNING notification
), texted AS (
    INSERT INTO delivery (notification, channel, priority, due_at, expires_at, attempts, state)
    SELECT p.id, 'sms', p.priority, p.due_at, p.expires_at, 0, 'pending'
    FROM planned p WHERE p.by_sms AND NOT EXISTS (SELECT FROM pushed WHERE notification = p.id)
    ON CONFLICT DO NOTHING
)
SELECT DISTINCT person::text, tag FROM fresh"""


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as the statement takes it."""

    position: int
    key: str
    topic: str
    message: str
    params: dict[str, str | int]
    url: str
    tag: str
    customer: str | None
    usage_point: str | None
    to_person: Any
    matters: bool
    safety: bool
    replaces: bool
    urgency: str
    priority: int
    push: bool
    sms: bool
    expires_at: datetime
    happened_at: datetime


async def notify(notices: Sequence[Notice]) -> int:
    """Tell everyone concerned, once each; returns how many persons have news.

    Runs in the caller's transaction: the news exists if and only if the event does.
    """
    if not notices:
        return 0
    now = clock.now()
    rows = msgspec.json.encode([_row(number, one, now) for number, one in enumerate(notices)])
    async with db.transaction() as connection:
        fresh = await connection.fetch(NOTIFY, rows.decode(), now, *rules.QUIET)
        if fresh:
            await hint(*{f"person:{row['person']}" for row in fresh}, *{r["tag"] for r in fresh})
            await connection.execute(WAKE)
    return len({row["person"] for row in fresh})


def _row(position: int, notice: Notice, now: datetime) -> NoticeRow:
    messages.check(notice.message, notice.params)
    if not OUR_PATH.match(notice.url):
        raise ValueError("a notice leads to a path of ours")
    topic = Topic(notice.topic)
    return NoticeRow(
        position=position,
        key=notice.key,
        topic=topic,
        message=notice.message,
        params=notice.params,
        url=notice.url,
        tag=notice.tag,
        customer=notice.customer,
        usage_point=notice.usage_point,
        to_person=notice.person,
        matters=notice.matters,
        safety=notice.safety,
        replaces=notice.replaces,
        urgency=notice.urgency,
        priority=rules.priority(notice.urgency, notice.safety),
        push=rules.wanted_at_first(topic, Channel.push),
        sms=rules.wanted_at_first(topic, Channel.sms),
        expires_at=notice.expires_at or now + rules.LIFE[topic],
        happened_at=notice.at or now,
    )
