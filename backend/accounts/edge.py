"""Who is behind a request, found once for each, before the application runs.

A cookie or a bearer token leads to the row of its session by one query, so ending a session ends it
at once for both. Nothing is refused here: handlers that need a caller ask for one.
"""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as RequestScope

from backend.accounts import clients, cookies, sessions, tokens
from backend.accounts.access import ApiCaller, Caller
from backend.accounts.rules import CallerKind, Scope
from backend.accounts.schemas import StaffCard
from backend.core import db
from backend.core.errors import Away, Forbidden, NotSignedIn
from backend.core.http import Request, is_api
from backend.core.i18n import set_locale
from backend.core.masking import mask_phone
from backend.core.pages import Identity

log = logging.getLogger(__name__)

# The same for everybody. The offline page is kept by the service worker, so it must not know anyone.
IMPERSONAL = (
    "/static/",
    "/sw.js",
    "/manifest.webmanifest",
    "/robots.txt",
    "/offline",
    "/health/",
    "/metrics",
    "/open/",
    "/calendar/",
)
Badge = Callable[[UUID], Awaitable[int]]


async def _no_badge(person: UUID) -> int:
    return 0


# How many unread notifications a person has; notifications are a later layer, so app.py sets this.
unread_badge: Badge = _no_badge


class Identify:
    """Wraps the whole application; fills `caller`, `client` and `identity` of the request's state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(IMPERSONAL):
            state = scope.setdefault("state", {})
            try:
                await _identify(scope)
            except db.AWAY as error:
                # Pages that need nobody still work; provide_caller answers 503 for the others.
                log.warning("database away", extra={"error": repr(error)})
                state["away"] = True
        await self.app(scope, receive, send)


async def _identify(scope: RequestScope) -> None:
    headers = Headers.from_scope(scope)
    api = is_api(scope["path"])
    authorization = headers.get("authorization")
    if api and authorization is not None:
        await _by_bearer(scope, authorization)
        return
    token = Request(scope).cookies.get(cookies.session_name())
    if not token or (api and not _same_origin(headers)):
        return
    found = await sessions.by_cookie(token)
    if found is not None:
        await _welcome(scope, found)


def _same_origin(headers: Headers) -> bool:
    """The cookie counts on the API only for our own pages; old browsers do not say."""
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


async def _by_bearer(scope: RequestScope, authorization: str) -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return
    try:
        claims = tokens.verified(token.strip())
    except tokens.BadToken:
        return
    if claims.sid is None:
        scope["state"]["client"] = await clients.client_by_id(claims.sub)
        return
    found = await sessions.by_id(claims.sid)
    if found is not None and str(found.person_id) == claims.sub:
        await _welcome(scope, found)


async def _welcome(scope: RequestScope, caller: Caller) -> None:
    state = scope["state"]
    state["caller"] = caller
    if "locale" not in Request(scope).cookies:
        set_locale(caller.locale)
    if caller.kind is CallerKind.cookie and not is_api(scope["path"]):
        state["identity"] = Identity(
            name=caller.name,
            phone_masked=mask_phone(caller.phone),
            is_staff=caller.staff is not None,
            unread=await unread_badge(caller.person_id),
            usage_point=caller.usage_point,
        )


# ── dependencies of handlers ───────────────────────────────────────────────


def provide_caller(request: Request) -> Caller:
    """The signed-in person, or 401."""
    state = request.scope["state"]
    caller: Caller | None = state.get("caller")
    if caller is None:
        raise Away if state.get("away") else NotSignedIn
    return caller


def provide_staff(request: Request) -> StaffCard:
    """The signed-in member of staff; 403 for everyone else who is signed in."""
    caller = provide_caller(request)
    if caller.staff is None:
        raise Forbidden
    return caller.staff


def provide_client(request: Request) -> ApiCaller:
    """The utility's system behind a feed request, or 401."""
    state = request.scope["state"]
    client: ApiCaller | None = state.get("client")
    if client is None:
        raise Away if state.get("away") else NotSignedIn
    if client.scope is not Scope.feed:
        raise Forbidden
    return client
