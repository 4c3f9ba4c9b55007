"""An unsafe request with an Idempotency-Key is carried out once; its repeats get the first answer.

The answer is kept in the transaction of the deed, so a crash leaves both or neither. A refused request
leaves nothing: it may be corrected and sent again under its key. Two at a time are told apart by an
advisory lock that ends with the transaction, or, for the feed's many transactions, with its connection.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPRequestEvent, Message, Receive, Scope, Send
from msgspec import Struct

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid, TooLarge
from backend.core.http import SAFE, Request
from backend.core.i18n import N_
from backend.core.jobs import JobContext, every

HEADER = "idempotency-key"
REPLAYED = (b"idempotent-replayed", b"true")
MAX_KEY = 255
MAX_BODY = 1_000_000
LIFE = timedelta(days=7)

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
TRY_SESSION_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
FIND = "SELECT request_hash, status, headers, body FROM idempotent_answer WHERE key = $1"
KEEP = """
INSERT INTO idempotent_answer (key, request_hash, status, headers, body, created_at)
VALUES ($1, $2, $3, $4, $5, $6)"""


class Answer(Struct, frozen=True):
    """An answer as it went out, and the fingerprint of its request."""

    request_hash: str
    status: int
    headers: list[tuple[str, str]]
    body: str


class IdempotentRequests(ASGIMiddleware):
    """For the controllers whose unsafe requests must not happen twice."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: Request = Request(scope)
        given = request.headers.get(HEADER)
        if given is None or request.method in SAFE:
            await next_app(scope, receive, send)
            return
        key, body = full_key(request, given), await _whole_body(receive)
        fingerprint = start_fingerprint(request, body).hexdigest()
        answer, replayed = await _answer(key, fingerprint, scope, body, next_app)
        await _send(send, answer, replayed=replayed)


class _Refused(Exception):
    """Takes a refused request's transaction back."""


async def _answer(
    key: str, fingerprint: str, scope: Scope, body: bytes, next_app: ASGIApp
) -> tuple[Answer, bool]:
    """Sent only once the transaction is committed."""
    captured = _Capture()
    try:
        async with db.transaction() as connection:
            if not await connection.fetchval(TRY_LOCK, key):
                raise in_progress()
            before = await stored(key)
            if before is not None:
                return same_request(before, fingerprint), True
            await next_app(scope, _replay(body), captured.send)
            answer = captured.answer(fingerprint)
            if answer.status >= 400:
                raise _Refused
            await keep(key, answer)
    except _Refused:
        return captured.answer(fingerprint), False
    return answer, False


def in_progress() -> Conflict:
    return Conflict(N_("同一个请求正在处理，请稍后再试。"))


def same_request(before: Answer, fingerprint: str) -> Answer:
    """The kept answer, if the request is the one it answered."""
    if before.request_hash != fingerprint:
        raise Invalid(N_("这个 Idempotency-Key 已经用于另一个请求。"), field="Idempotency-Key")
    return before


def full_key(request: Request, given: str) -> str:
    """Keys of different callers never meet."""
    if not 0 < len(given) <= MAX_KEY or not given.isprintable():
        raise Invalid(N_("Idempotency-Key 要 1 至 255 个可见字符。"), field="Idempotency-Key")
    state = request.scope["state"]
    person, client = state.get("caller"), state.get("client")
    if client is not None:
        return f"client:{client.client_id}:{given}"
    return f"person:{person.person_id}:{given}" if person is not None else f"anyone:{given}"


def start_fingerprint(request: Request, body: bytes = b"") -> Any:
    """What makes two requests the same; a streamed body is added to it piece by piece."""
    where = f"{request.method} {request.scope['path']}?".encode()
    return hashlib.sha256(where + request.scope["query_string"] + b"\n" + body)


async def stored(key: str) -> Answer | None:
    async with db.connection() as connection:
        row = await connection.fetchrow(FIND, key)
    if row is None:
        return None
    return Answer(row["request_hash"], row["status"], json.loads(row["headers"]), row["body"])


async def keep(key: str, answer: Answer) -> None:
    headers = json.dumps(answer.headers)
    async with db.connection() as connection:
        await connection.execute(
            KEEP, key, answer.request_hash, answer.status, headers, answer.body, clock.now()
        )


@asynccontextmanager
async def held(key: str) -> AsyncIterator[None]:
    """For work in many transactions: nobody else works under this key; a crash lets go of it."""
    connection = await db.direct_connection()
    try:
        if not await connection.fetchval(TRY_SESSION_LOCK, key):
            raise in_progress()
        yield
    finally:
        await connection.close()


class _Capture:
    """Takes what the application sends."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            found = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
            ]
            self.headers = [(name, value) for name, value in found if name != "content-length"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def answer(self, fingerprint: str) -> Answer:
        return Answer(fingerprint, self.status, self.headers, self.body.decode())


async def _whole_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise TooLarge
        if not message.get("more_body", False):
            return body


def _replay(body: bytes) -> Receive:
    async def receive() -> HTTPRequestEvent:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _send(send: Send, answer: Answer, *, replayed: bool) -> None:
    body = answer.body.encode()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers += [(b"content-length", str(len(body)).encode()), *([REPLAYED] if replayed else [])]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@every(3600, "core.forget_answers")
async def forget_answers(context: JobContext) -> None:
    """A repeat comes within hours, or never."""
    async with context.transaction() as connection:
        await connection.execute(
            "DELETE FROM idempotent_answer WHERE created_at < $1", clock.now() - LIFE
        )
