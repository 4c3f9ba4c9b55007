"""What the local push service gives, gets and answers, and its HTTP/1.1.

The HTTP is small because it must not be what a benchmark measures.
"""

import asyncio
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import httptools
from cryptography.hazmat.primitives.asymmetric import ec

from tests.push_crypto import base64url, point


@dataclass(frozen=True)
class Answer:
    """What the service says; `how` is answer, stall, reset, or reset_after (accepted, then cut)."""

    status: int = 201
    headers: tuple[tuple[str, str], ...] = ()
    how: str = "answer"


ACCEPT = Answer()
STALL, RESET, RESET_AFTER = Answer(how="stall"), Answer(how="reset"), Answer(how="reset_after")


def limited(retry_after: str | int, status: int = 429) -> Answer:
    return Answer(status, (("Retry-After", str(retry_after)),))


@dataclass
class Subscription:
    """What a browser would hold: the endpoint and the keys, with their private half."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey
    auth: bytes
    vapid_key: str | None
    script: deque[Answer] = field(default_factory=deque)
    for_ever: Answer | None = None

    @property
    def p256dh(self) -> str:
        return base64url(point(self.private.public_key()))

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": self.p256dh, "auth": base64url(self.auth)}


@dataclass(frozen=True)
class Message:
    """One message as the service saw it."""

    endpoint: str
    status: int
    topic: str | None
    ttl: int
    urgency: str
    size: int
    payload: dict[str, Any] | None


class Receiver(Protocol):
    """What stands behind the wire: the push service."""

    counts: Counter[str]
    delay: float
    open: "set[Connection]"

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> Answer: ...

    def control(self, method: str, path: str, body: bytes) -> Any: ...


class Connection(asyncio.Protocol):
    """HTTP/1.1, keep-alive; httptools calls the on_ methods."""

    def __init__(self, service: Receiver) -> None:
        self.service = service
        self._start()

    def _start(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.path, self.headers, self.body = b"", dict[str, str](), bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.service.open.add(self)
        self.service.counts["connections"] += 1

    def connection_lost(self, error: Exception | None) -> None:
        self.service.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        method, path = self.parser.get_method().decode(), self.path.decode()
        if path.startswith("/push/"):
            answer = self.service.receive(path, self.headers, bytes(self.body))
            if self.service.delay:
                asyncio.get_running_loop().call_later(self.service.delay, self._reply, answer)
            else:
                self._reply(answer)
        else:
            found = json.dumps(self.service.control(method, path, bytes(self.body))).encode()
            self._write(200, (("Content-Type", "application/json"),), found)
        self.path, self.headers, self.body = b"", {}, bytearray()

    def _reply(self, answer: Answer) -> None:
        if answer.how == "stall":
            return
        if answer.how != "answer":
            self.transport.abort()
            return
        self._write(answer.status, answer.headers, b"")

    def _write(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
