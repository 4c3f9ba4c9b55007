"""From the outbox to the push services. The transaction is the lease.

A lane claims a batch with SKIP LOCKED, sends it, writes what became of each message and commits.
Killed on the way, its locks fall at once and another lane sends the batch again: nothing is lost, and
what was already under way arrives twice under the same Topic, so the browser shows it once.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from backend.config import settings
from backend.core import clock, db
from backend.core.queries import Q
from backend.notifications import encoder, messages
from backend.notifications.answers import NO_ANSWER, Meaning, meaning
from backend.notifications.encoder import Encoder, PushText
from backend.notifications.endpoints import Endpoint, Refused, parse_endpoint
from backend.notifications.outcomes import Outcome, judge, lasting, settle
from backend.notifications.rules import State, time_to_live
from backend.notifications.transport import Answer, Client, NoAnswer
from backend.notifications.vapid import Vapid
from backend.notifications.window import Window

log = logging.getLogger(__name__)

# Small enough that a kill repeats little, large enough that the transaction costs little.
BATCH = 200


class Due(Struct, frozen=True):
    """One message to send, with everything it takes."""

    id: int
    notification: int
    attempts: int
    expires_at: datetime
    matters: bool
    topic: str
    message: str
    params: str
    url: str
    tag: str
    urgency: str
    happened_at: datetime
    locale: str
    subscription: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes
    vapid_key: str
    alive: bool
    superseded: bool


class Written(Struct, frozen=True):
    """A message in words, ready to be encrypted for each of its readers."""

    text: PushText
    payload: bytes
    push_topic: str


# FOR UPDATE OF … SKIP LOCKED with joins is beyond Piccolo's builder. A first attempt is superseded
# only where the notice says so; a retry always is, because it would arrive after the newer news.
CLAIM = Q(
    """
SELECT d.id, n.id, d.attempts, d.expires_at, n.matters, n.topic, n.message, n.params, n.url, n.tag,
       n.urgency, n.happened_at, p.locale, s.id, s.endpoint, s.p256dh, s.auth, s.vapid_key,
       s.gone_at IS NULL AND s.person = n.person,
       (n.replaces OR d.attempts > 0) AND EXISTS (
           SELECT FROM notification newer
           WHERE newer.tag = n.tag AND newer.person = n.person AND newer.id > n.id)
FROM delivery d
JOIN notification n ON n.id = d.notification
JOIN push_subscription s ON s.id = d.subscription
JOIN person p ON p.id = n.person
WHERE d.state = 'pending' AND d.channel = 'push' AND d.due_at <= $1
ORDER BY d.priority, d.due_at, d.id
LIMIT $2 FOR UPDATE OF d SKIP LOCKED""",
    into=Due,
)


class PushSender:
    """Sends what is due; one a process, shared by its lanes."""

    def __init__(self, vapid: Vapid, *, encode: Encoder = encoder.encode) -> None:
        self.vapid, self.encode = vapid, encode
        self.client = Client()
        self.windows: defaultdict[str, Window] = defaultdict(Window)
        self._written: dict[tuple[str, ...], Written] = {}

    async def send_due(self, limit: int = BATCH) -> int:
        """One batch, sent and settled in one transaction; returns how many were due."""
        self._written.clear()
        async with db.transaction() as connection:
            due = await CLAIM.all(connection, clock.now(), limit)
            if due:
                await settle(connection, await self._send_all(due))
        return len(due)

    async def _send_all(self, due: Iterable[Due]) -> list[Outcome]:
        """All at once, but one after another to the same browser, so that their order holds."""
        by_subscription: defaultdict[UUID, list[Due]] = defaultdict(list)
        for one in due:
            by_subscription[one.subscription].append(one)
        outcomes: list[Outcome] = []

        async def in_order(queue: list[Due]) -> None:
            for one in queue:
                outcomes.append(await self._send_safely(one))  # noqa: PERF401 - it must be in turn

        async with asyncio.TaskGroup() as group:
            for queue in by_subscription.values():
                group.create_task(in_order(queue))
        return outcomes

    async def _send_safely(self, due: Due) -> Outcome:
        try:
            return await self._send(due)
        except Exception as error:
            log.error("push failed", extra={"delivery": due.id}, exc_info=error)
            return lasting(due, State.failed)

    async def _send(self, due: Due) -> Outcome:
        if due.superseded:
            return lasting(due, State.superseded)
        if due.expires_at <= clock.now():
            return lasting(due, State.expired)
        if not due.alive:
            return lasting(due, State.dead)
        if due.vapid_key != self.vapid.keys.public:
            return lasting(due, State.dead, error="key mismatch")
        try:
            endpoint = parse_endpoint(due.endpoint, settings().push_allow)
        except Refused:
            return lasting(due, State.dead, error="endpoint not allowed")
        return await self._send_to(due, endpoint)

    async def _send_to(self, due: Due, endpoint: Endpoint) -> Outcome:
        window = self.windows[endpoint.origin]
        async with window.place():
            if window.paused_until is not None and window.paused():
                return Outcome.later(due, window.paused_until, due.attempts)
            written = self._write(due)
            answer = await self._post(due, endpoint, written, written.payload)
            if meaning(answer.status) is Meaning.unproven:
                self.vapid.forget(endpoint.origin)
                answer = await self._post(due, endpoint, written, written.payload)
            if meaning(answer.status) is Meaning.too_large:
                minimal = encoder.minimal_payload(written.text)
                answer = await self._post(due, endpoint, written, minimal)
            return judge(due, answer, window)

    def _write(self, due: Due) -> Written:
        """The same news for many people is put into words once a batch."""
        key = (due.message, due.params, due.locale, due.topic, due.url, due.tag)
        found = self._written.get(key)
        if found is None or found.text.at != due.happened_at:
            words = messages.render(due.message, json.loads(due.params), due.locale, outside=True)
            text = PushText(due.topic, *words, due.url, due.tag, due.happened_at)
            found = Written(text, encoder.payload(text), self.vapid.keys.topic(due.tag))
            self._written[key] = found
        return found

    async def _post(self, due: Due, endpoint: Endpoint, written: Written, payload: bytes) -> Answer:
        body = self.encode(payload, due.p256dh, due.auth)
        try:
            headers = self._headers(due, endpoint, written.push_topic)
            return await self.client.post(endpoint, headers, body)
        except NoAnswer as error:
            return Answer(NO_ANSWER, {}, str(error).encode())

    def _headers(self, due: Due, endpoint: Endpoint, push_topic: str) -> str:
        lines = [
            f"Authorization: {self.vapid.header(endpoint.origin)}",
            "Content-Type: application/octet-stream",
            "Content-Encoding: aes128gcm",
            f"TTL: {time_to_live(due.expires_at, clock.now())}",
            f"Urgency: {due.urgency}",
            f"Topic: {push_topic}",
        ]
        if endpoint.host.endswith(".notify.windows.com"):
            lines.append("X-WNS-Cache-Policy: cache")  # without it a TTL above 0 is refused there
        return "".join(f"{line}\r\n" for line in lines)
