"""The door of the slice: what other slices and the edges may use."""

from backend.accounts.access import Caller
from backend.core import clock
from backend.notifications.inbox import inbox, open_notification, read_all, unread_count
from backend.notifications.keys import prepare_vapid_key
from backend.notifications.outbox import notify
from backend.notifications.preferences import preferences, set_preferences, with_choices
from backend.notifications.reports import delivery_counts, delivery_report
from backend.notifications.rules import Topic, Urgency
from backend.notifications.schemas import MarkRead, Notice
from backend.notifications.subscriptions import (
    devices,
    forget_session,
    push_key,
    remove_device,
    subscribe,
    unsubscribe,
)

__all__ = [
    "delivery_counts",
    "delivery_report",
    "devices",
    "forget_session",
    "inbox",
    "mark_read",
    "notify",
    "open_notification",
    "preferences",
    "prepare_vapid_key",
    "push_key",
    "read_all",
    "remove_device",
    "send_test",
    "set_preferences",
    "subscribe",
    "unread_count",
    "unsubscribe",
    "with_choices",
]


async def mark_read(caller: Caller, command: MarkRead) -> int:
    """One or all; returns how many stay unread."""
    if command.id is None:
        await read_all(caller)
    else:
        await open_notification(caller, command.id)
    return await unread_count(caller.person_id)


async def send_test(caller: Caller) -> None:
    """A notification to oneself, to see that it arrives; at most one every ten seconds."""
    slot = int(clock.now().timestamp()) // 10
    await notify(
        [
            Notice(
                key=f"test:{slot}",
                topic=Topic.account,
                message="notifications_test",
                url="/notifications",
                tag="notifications:test",
                person=caller.person_id,
                safety=True,  # whoever asks for it now wants it now, also at night
                urgency=Urgency.high,
            )
        ]
    )
