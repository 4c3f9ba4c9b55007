"""What every request passes: id, language, same-origin guard, security headers; errors out again."""

import decimal
import logging
import re
import secrets
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg
import litestar
from litestar import Response
from litestar.datastructures import Headers, MutableScopeHeaders, State
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.response import Redirect
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from backend.config import settings
from backend.core import db
from backend.core.errors import Away, DomainError, Invalid, NotFound, NotSignedIn, TooMany
from backend.core.forms import sentence
from backend.core.i18n import _, set_locale
from backend.core.log import context as log_context

log = logging.getLogger(__name__)

Request: TypeAlias = litestar.Request[Any, Any, State]

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types denghuo",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE = {"GET", "HEAD", "OPTIONS"}
UNGUARDED = (
    "/api/v1/feed/",
    "/api/v1/auth/",
)  # bearer or credentials in the body: no cookie counts
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")

# What hostile input still raises in Litestar 2.25, Piccolo 1.38 and asyncpg 0.32.
BAD_INPUT = (
    asyncpg.DataError,
    SerializationException,
    RecursionError,
    OverflowError,
    decimal.InvalidOperation,
    UnicodeDecodeError,
)


class RequestFrame:
    """Request id, language, and the security headers of every answer.

    Wraps the whole application from outside: Litestar's own middleware does not see unknown addresses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        given = Headers.from_scope(scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.match(given) else secrets.token_hex(8)
        set_locale(Request(scope).cookies.get("locale", ""))

        async def send_framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, request_id)
            await send(message)

        with log_context(request=request_id):
            await self.app(scope, receive, send_framed)


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("x-request-id", request_id)
    headers.setdefault("cache-control", "private, no-cache")
    if settings().secure:
        headers.setdefault("strict-transport-security", "max-age=63072000; includeSubDomains")


class SameOriginGuard:
    """Refuses unsafe requests that another site caused.

    Sec-Fetch-Site where the browser sends it, else Origin; a request with neither does not come from a
    browser. Together with SameSite=Lax cookies this needs no token in pages, so cached pages keep working.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and _is_foreign(scope):
            request = Request(scope)
            answer = _problem_answer(403, "cross-site", _("这个请求来自别的网站，已拒绝。"))
            await answer.to_asgi_response(None, request)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(scope: HTTPScope) -> bool:
    if scope["method"] in SAFE or scope["path"].startswith(UNGUARDED):
        return False
    return not _same_origin(Headers.from_scope(scope))


def _same_origin(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in (headers.get("host"), urlsplit(settings().base_url).netloc)


def client_address(request: Request) -> str:
    """The caller's address; X-Forwarded-For counts only from the configured proxy."""
    peer = request.client.host if request.client else ""
    if peer and peer == settings().trusted_proxy:
        forwarded = request.headers.get("x-forwarded-for", "")
        return forwarded.rsplit(",", 1)[-1].strip() or peer
    return peer


def is_api(path: str) -> bool:
    return path.startswith("/api/")


# ── errors ─────────────────────────────────────────────────────────────────


def exception_handlers() -> dict[Any, Any]:
    handlers: dict[Any, Any] = dict.fromkeys(BAD_INPUT, bad_input)
    handlers |= dict.fromkeys(db.AWAY, away)
    handlers |= {
        DomainError: refused,
        HTTPException: framework_refused,
        Exception: broken,
    }
    return handlers


def refused(request: Request, error: DomainError) -> Response[Any]:
    """A DomainError as problem+json or as a page in the same words."""
    if isinstance(error, NotSignedIn) and not is_api(request.url.path):
        return _to_sign_in(request)
    fields = [(error.field, error.sentence)] if error.field else []
    response = _answer(request, error.status, error.code, error.sentence, fields)
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _to_sign_in(request: Request) -> Response[Any]:
    target = request.url.path if request.method in SAFE else "/"
    response = Redirect("/sign-in" if target == "/" else f"/sign-in?next={target}", status_code=303)
    response.headers["cache-control"] = "no-store"
    return response


def bad_input(request: Request, error: Exception) -> Response[Any]:
    return _answer(request, 400, "bad-input", _("请求的内容无法识别。"))


def away(request: Request, error: Exception) -> Response[Any]:
    log.warning("database away", extra={"error": repr(error)})
    response = _answer(request, 503, Away.code, _(Away.default))
    response.headers["retry-after"] = "2"
    return response


def framework_refused(request: Request, error: HTTPException) -> Response[Any]:
    """Litestar's own refusals (no route, bad body, …) in our words."""
    if isinstance(error, ValidationException):
        return _answer(request, 422, "invalid", _(Invalid.default), _fields(error))
    if error.status_code == 404:
        return _answer(request, 404, NotFound.code, _(NotFound.default))
    if error.status_code >= 500:
        return broken(request, error)
    return _answer(request, error.status_code, "refused", _("请求的内容无法识别。"))


def _fields(error: ValidationException) -> list[tuple[str, str]]:
    listed = error.extra if isinstance(error.extra, list) else []
    return [
        (str(item.get("key", "")), sentence(str(item.get("message", ""))))
        for item in listed
        if isinstance(item, dict)
    ]


def broken(request: Request, error: Exception) -> Response[Any]:
    if isinstance(error, RuntimeError) and "StopIteration" in str(error):
        return bad_input(request, error)  # a broken multipart body
    log.error("request failed", extra={"route": request.scope.get("path_template")}, exc_info=error)
    return _answer(request, 500, "broken", _("我们这边出错了，已经记录下来。请稍后再试。"))


def _answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    fields: list[tuple[str, str]] | None = None,
) -> Response[Any]:
    if is_api(request.url.path):
        return _problem_answer(status, code, detail, fields)
    from backend.core.pages import page

    return page(request, "error.html", status_code=status, status=status, code=code, detail=detail)


def _problem_answer(
    status: int, code: str, detail: str, fields: list[tuple[str, str]] | None = None
) -> Response[dict[str, Any]]:
    """RFC 9457."""
    body = {
        "type": f"urn:denghuo:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "errors": [{"field": field, "message": message} for field, message in fields or []],
    }
    return Response(body, status_code=status, media_type="application/problem+json")
