"""Text messages for what matters: claimed, sent and settled as sender.py does it for push."""

import asyncio
import json
import logging
from datetime import datetime

from msgspec import Struct

from backend.config import settings
from backend.core import clock, db, sms
from backend.core.queries import Q
from backend.notifications import messages
from backend.notifications.outcomes import Outcome, chance, settle
from backend.notifications.rules import State, back_off

log = logging.getLogger(__name__)

BATCH = 20


class DueText(Struct, frozen=True):
    id: int
    notification: int
    attempts: int
    expires_at: datetime
    message: str
    params: str
    url: str
    locale: str
    phone: str


CLAIM = Q(
    """
SELECT d.id, n.id, d.attempts, d.expires_at, n.message, n.params, n.url, p.locale, p.phone
FROM delivery d
JOIN notification n ON n.id = d.notification
JOIN person p ON p.id = n.person
WHERE d.state = 'pending' AND d.channel = 'sms' AND d.due_at <= $1
ORDER BY d.priority, d.due_at, d.id
LIMIT $2 FOR UPDATE OF d SKIP LOCKED""",
    into=DueText,
)


async def text_due(limit: int = BATCH) -> int:
    """One batch of text messages, sent and settled in one transaction; returns how many were due."""
    gateway = sms.gateway()
    async with db.transaction() as connection:
        due = await CLAIM.all(connection, clock.now(), limit)
        if due:
            outcomes = await asyncio.gather(*(_text(one, gateway) for one in due))
            await settle(connection, outcomes)
    return len(due)


async def _text(due: DueText, gateway: sms.SmsGateway) -> Outcome:
    if due.expires_at <= clock.now():
        return _final(due, State.expired)
    try:
        await gateway.send(due.phone, _words(due), f"delivery-{due.id}")
    except sms.SmsAway as error:
        log.warning("sms later", extra={"delivery": due.id, "error": str(error)})
        at = clock.now() + back_off(due.attempts, chance())
        return Outcome.later(due, at, due.attempts + 1)
    except Exception as error:
        log.error("sms failed", extra={"delivery": due.id}, exc_info=error)
        return _final(due, State.failed)
    return _final(due, State.sent)


def _words(due: DueText) -> str:
    """Signed as Chinese carriers ask for, with the address where the rest stands."""
    words = messages.render(due.message, json.loads(due.params), due.locale, outside=True)
    chosen = settings()
    body = f"{words.title}: {words.body}" if due.locale == "en" else f"{words.title}：{words.body}"
    return f"【{chosen.utility_name}】{body} {chosen.base_url}{due.url}"


def _final(due: DueText, state: State) -> Outcome:
    return Outcome(id=due.id, notification=due.notification, state=state, attempts=due.attempts + 1)
