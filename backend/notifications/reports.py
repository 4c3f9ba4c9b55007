"""How notices reached people: for staff who are asked, and for the operator's graphs."""

from typing import Any

from backend.core import db
from backend.core.masking import mask_phone
from backend.notifications.rules import Channel, State
from backend.notifications.schemas import DeliveryView

BY_TAG = """
SELECT n.key, p.phone, d.channel, d.state, d.attempts, d.due_at, d.settled_at, n.read_at
FROM notification n
JOIN person p ON p.id = n.person
JOIN delivery d ON d.notification = n.id
WHERE n.tag = $1 ORDER BY n.id DESC, d.id LIMIT 200"""

COUNTS = """
SELECT channel, state, count(*) AS number FROM delivery
WHERE state = 'pending' OR settled_at > now() - interval '1 day'
GROUP BY channel, state ORDER BY channel, state"""


async def delivery_report(tag: str) -> list[DeliveryView]:
    """What was sent about one thing, the newest first; phones masked."""
    async with db.connection() as connection:
        rows = await connection.fetch(BY_TAG, tag)
    return [_view(row) for row in rows]


def _view(row: Any) -> DeliveryView:
    return DeliveryView(
        key=row["key"],
        phone_masked=mask_phone(row["phone"]),
        channel=Channel(row["channel"]),
        state=State(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        settled_at=row["settled_at"],
        read_at=row["read_at"],
    )


async def delivery_counts() -> dict[tuple[str, str], int]:
    """Deliveries by channel and state: all that wait, and what was settled in the last day."""
    async with db.connection() as connection:
        rows = await connection.fetch(COUNTS)
    return {(row["channel"], row["state"]): row["number"] for row in rows}
