"""What the worker does for notifications: the sending lanes, and tidying up."""

import asyncio
from datetime import timedelta

from backend.core import clock
from backend.core.jobs import JobContext, every, lane
from backend.notifications import sender, texter
from backend.notifications.keys import vapid
from backend.notifications.lanes import run_lanes
from backend.notifications.sender import PushSender

PUSH_LANES = 2

KEEP_GONE = timedelta(days=30)
KEEP_SETTLED = timedelta(days=90)
DAY_SECONDS = 86_400

TIDY_SUBSCRIPTIONS = "DELETE FROM push_subscription WHERE gone_at < $1"
TIDY_DELIVERIES = "DELETE FROM delivery WHERE state <> 'pending' AND settled_at < $1"


@lane
async def deliver(stop: asyncio.Event) -> None:
    """Push lanes and a lane of text messages, in every worker process."""
    push = PushSender(vapid())
    try:
        await run_lanes(
            stop,
            [(push.send_due, sender.BATCH)] * PUSH_LANES + [(texter.text_due, texter.BATCH)],
        )
    finally:
        push.client.close()


@every(DAY_SECONDS, "notifications.tidy")
async def tidy(context: JobContext) -> None:
    """Forget devices gone for a month and deliveries settled a quarter ago."""
    now = clock.now()
    async with context.transaction() as connection:
        await connection.execute(TIDY_SUBSCRIPTIONS, now - KEEP_GONE)
        await connection.execute(TIDY_DELIVERIES, now - KEEP_SETTLED)
