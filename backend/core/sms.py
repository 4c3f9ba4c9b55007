"""Text messages: through the utility's HTTP gateway, or into a file where there is none.

The gateway gets `POST {"to", "text"}` with an Idempotency-Key, so that a message asked for twice
(a worker died between its answer and our commit) is sent once.
"""

import json
import logging
import os
from pathlib import Path
from typing import Protocol

import aiohttp

from backend.config import settings
from backend.core import clock
from backend.core.jobs import JobContext, enqueue, job

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=10)
# Before every other job: someone waits for this code in front of a sign-in page.
URGENT = 100


class SmsRefused(Exception):
    """The gateway will never take this message; repeating it changes nothing."""


class SmsAway(Exception):
    """The gateway did not take it now."""


class SmsGateway(Protocol):
    """Sends one text; raises SmsRefused or SmsAway. The same `key` is sent once."""

    async def send(self, to: str, text: str, key: str) -> None: ...


class FileOutbox:
    """Appends each message as one line; for machines without a gateway, and for tests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, to: str, text: str, key: str) -> None:
        facts = {"at": clock.now().isoformat(), "to": to, "text": text}
        line = json.dumps(facts, ensure_ascii=False).encode() + b"\n"
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One write in append mode: lines of several processes never mix.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


class HttpGateway:
    """The utility's SMS gateway, or a small bridge to it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def send(self, to: str, text: str, key: str) -> None:
        status = await self._post({"to": to, "text": text}, {"Idempotency-Key": key})
        if status in (408, 429) or status >= 500:
            raise SmsAway(f"the gateway answered {status}")
        if status >= 300:
            raise SmsRefused(f"the gateway answered {status}")

    async def _post(self, body: dict[str, str], headers: dict[str, str]) -> int:
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(
                    self._url, json=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SmsAway(type(error).__name__) from error


def gateway() -> SmsGateway:
    """As SMS_URL says."""
    chosen = settings()
    if chosen.sms_url:
        return HttpGateway(chosen.sms_url)
    return FileOutbox(chosen.data / "outbox" / "sms.ndjson")


async def send_sms(to: str, text: str, *, good_for: float = 300) -> None:
    """Send a text once the caller's transaction is committed, within `good_for` seconds or never."""
    until = clock.now().timestamp() + good_for
    await enqueue("core.sms", priority=URGENT, max_attempts=6, to=to, text=text, until=until)


@job("core.sms")
async def deliver(context: JobContext, *, to: str, text: str, until: float) -> None:
    if clock.now().timestamp() > until:
        log.warning("sms too late", extra={"job": context.id})
        return
    try:
        await gateway().send(to, text, f"job-{context.id}")
    except SmsRefused as error:
        log.error("sms refused", extra={"job": context.id, "error": str(error)})
