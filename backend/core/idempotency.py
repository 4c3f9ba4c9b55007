"""An unsafe request with an Idempotency-Key is carried out once; its repeats get the first answer.

The answer is kept in the transaction of the deed, so a crash leaves both or neither. A refused request
leaves nothing: it may be corrected and sent again under its key. Two at a time are told apart by an
advisory lock that ends with the transaction, or, for the feed's many transactions, with its connection.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from litestar import Response
from msgspec import Struct

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid
from backend.core.http import Request
from backend.core.i18n import N_
from backend.core.jobs import JobContext, every

T = TypeVar("T")

HEADER = "idempotency-key"
REPLAYED = {"idempotent-replayed": "true"}
MAX_KEY = 255
LIFE = timedelta(days=7)

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
TRY_SESSION_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
FIND = "SELECT request_hash, status, body FROM idempotent_answer WHERE key = $1"
KEEP = """
INSERT INTO idempotent_answer (key, request_hash, status, headers, body, created_at)
VALUES ($1, $2, $3, '[]', $4, $5)"""


class Answer(Struct, frozen=True):
    """A JSON answer as it went out, and the fingerprint of its request."""

    request_hash: str
    status: int
    body: str


async def once(request: Request, status: int, work: Callable[[], Awaitable[T]]) -> Response[T]:
    """The answer of `work`; under a key that was used before, the answer of then."""
    key = key_of(request)
    if key is None:
        return Response(await work(), status_code=status)
    found = start_fingerprint(request, await request.body()).hexdigest()
    async with db.transaction() as connection:
        if not await connection.fetchval(TRY_LOCK, key):
            raise in_progress()
        before = await stored(key)
        if before is not None:
            return replay(before, found)
        done = await work()
        await keep(key, Answer(found, status, msgspec.json.encode(done).decode()))
    return Response(done, status_code=status)


def key_of(request: Request) -> str | None:
    """The key of this request, if it has one; keys of different callers never meet."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
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


def replay(before: Answer, fingerprint: str) -> Response[Any]:
    """The kept answer, if the request is the one it answered."""
    if before.request_hash != fingerprint:
        raise Invalid(N_("这个 Idempotency-Key 已经用于另一个请求。"), field="Idempotency-Key")
    return Response(
        before.body.encode(),
        status_code=before.status,
        media_type="application/json",
        headers=REPLAYED,
    )


def in_progress() -> Conflict:
    return Conflict(N_("同一个请求正在处理，请稍后再试。"))


async def stored(key: str) -> Answer | None:
    async with db.connection() as connection:
        row = await connection.fetchrow(FIND, key)
    return None if row is None else Answer(*row.values())


async def keep(key: str, answer: Answer) -> None:
    async with db.connection() as connection:
        await connection.execute(
            KEEP, key, answer.request_hash, answer.status, answer.body, clock.now()
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


@every(3600, "core.forget_answers")
async def forget_answers(context: JobContext) -> None:
    """A repeat comes within hours, or never."""
    async with context.transaction() as connection:
        await connection.execute(
            "DELETE FROM idempotent_answer WHERE created_at < $1", clock.now() - LIFE
        )
