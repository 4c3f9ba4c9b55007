"""The feed over HTTP: any size, streamed; the utility's systems speak here."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from backend.accounts.access import ApiCaller
from backend.accounts.rules import Scope
from backend.core import idempotency
from backend.core.errors import Forbidden, Unsupported
from backend.core.http import Request
from backend.core.i18n import set_locale
from backend.integration import service
from backend.integration.kinds import kind_of
from backend.integration.schemas import FeedReport
from backend.integration.service import FeedOptions

CSV = {"text/csv", "application/csv"}
NDJSON = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json", ""}
ENCODINGS = {"", "identity", "gzip"}


@post("/api/v1/feed/{kind:str}", tags=["feed"], status_code=200, request_max_body_size=None)
async def create(
    request: Request,
    client: NamedDependency[ApiCaller],
    kind: FromPath[str],
    dry_run: FromQuery[bool] = False,
    notify: FromQuery[bool] = True,
) -> Response[FeedReport]:
    """Send rows of one kind as NDJSON or CSV, also gzipped; the same rows again change nothing."""
    if client.scope is not Scope.feed:
        raise Forbidden
    kind_of(kind)
    set_locale(_language(request))
    options = _options(request, dry_run=dry_run, notify=notify)
    key = idempotency.key_of(request)
    if key is None:
        return Response(await service.receive(kind, request.stream(), options))
    return await _once(request, key, kind, options)


def _options(request: Request, *, dry_run: bool, notify: bool) -> FeedOptions:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if media not in CSV | NDJSON or encoding not in ENCODINGS:
        raise Unsupported
    return FeedOptions(csv=media in CSV, gzip=encoding == "gzip", dry_run=dry_run, notify=notify)


def _language(request: Request) -> str:
    """A system has no cookie; what it says it reads counts, else Chinese."""
    wanted = request.headers.get("accept-language", "").strip().lower()
    return "en" if wanted.startswith("en") else "zh-CN"


async def _once(
    request: Request, key: str, kind: str, options: FeedOptions
) -> Response[FeedReport]:
    """The body is long and lands in many transactions, so its fingerprint is taken on the way."""
    fingerprint = idempotency.start_fingerprint(request)
    body = _fingerprinted(request.stream(), fingerprint)
    async with idempotency.held(key):
        before = await idempotency.stored(key)
        if before is not None:
            async for _ in body:
                pass
            return idempotency.replay(before, fingerprint.hexdigest())
        report = await service.receive(kind, body, options)
        text = msgspec.json.encode(report).decode()
        await idempotency.keep(key, idempotency.Answer(fingerprint.hexdigest(), 200, text))
    return Response(report)


async def _fingerprinted(chunks: AsyncIterator[bytes], fingerprint: Any) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        fingerprint.update(chunk)
        yield chunk


HANDLERS: list[ControllerRouterHandler] = [create]
