"""What a person was told, newest first; every query starts from whose it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from backend.accounts.access import Caller, readable
from backend.core import clock, db
from backend.core.errors import NotFound
from backend.core.i18n import _, locale
from backend.core.live import hint
from backend.core.queries import P, Q
from backend.notifications import messages, rules
from backend.notifications.rules import Topic
from backend.notifications.schemas import NotificationList, NotificationView
from backend.notifications.tables import Notification

PAGE = 30
NEWEST = 2**62


class InboxRow(Struct, frozen=True):
    id: int
    topic: str
    message: str
    params: str
    url: str
    tag: str
    happened_at: datetime
    read_at: datetime | None


INBOX = Q(
    Notification.select(
        Notification.id,
        Notification.topic,
        Notification.message,
        Notification.params,
        Notification.url,
        Notification.tag,
        Notification.happened_at,
        Notification.read_at,
    )
    .where(readable(Notification, P(0)), Notification.id < P(1))
    .order_by(Notification.id, ascending=False)
    .limit(PAGE + 1),
    into=InboxRow,
)


async def inbox(caller: Caller, cursor: str | None = None) -> NotificationList:
    """One page of the caller's notifications, in the language of the request."""
    before = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else NEWEST
    async with db.connection() as connection:
        rows = await INBOX.all(connection, caller.person_id, min(before, NEWEST))
    shown = rows[:PAGE]
    return NotificationList(
        items=[_view(row, locale()) for row in shown],
        next=str(shown[-1].id) if len(rows) > PAGE else None,
        unread=await unread_count(caller.person_id),
    )


def _view(row: InboxRow, locale: str) -> NotificationView:
    words = messages.render(row.message, msgspec.json.decode(row.params), locale)
    topic = Topic(row.topic)
    return NotificationView(
        id=row.id,
        topic=topic,
        topic_name=_(rules.TOPIC_NAMES[topic]),
        title=words.title,
        body=words.body,
        url=row.url,
        tag=row.tag,
        happened_at=row.happened_at,
        unread=row.read_at is None,
    )


async def unread_count(person_id: UUID) -> int:
    """The number on the badge."""
    async with db.connection() as connection:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM notification WHERE person = $1 AND read_at IS NULL", person_id
        )
    return found


# Piccolo's update has no RETURNING of a column it did not set together with a condition on the caller.
OPEN = """
UPDATE notification SET read_at = coalesce(read_at, $3) WHERE person = $1 AND id = $2
RETURNING url"""

READ_ALL = "UPDATE notification SET read_at = $2 WHERE person = $1 AND read_at IS NULL"


async def open_notification(caller: Caller, notification_id: int) -> str:
    """Mark one as read; returns the address it leads to."""
    async with db.transaction() as connection:
        url: Any = await connection.fetchval(
            OPEN, caller.person_id, min(notification_id, NEWEST), clock.now()
        )
        if url is None:
            raise NotFound
        await hint(f"person:{caller.person_id}")
    return str(url)


async def read_all(caller: Caller) -> None:
    """Nothing stays unread."""
    async with db.transaction() as connection:
        await connection.execute(READ_ALL, caller.person_id, clock.now())
        await hint(f"person:{caller.person_id}")
