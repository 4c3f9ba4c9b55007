"""The devices that may be woken: made by a signed-in browser, ended with its session."""

from typing import Any
from uuid import UUID, uuid4

from backend.accounts.access import Caller
from backend.config import settings
from backend.core import clock, db
from backend.core.errors import Invalid, NotFound, NotSignedIn
from backend.core.i18n import N_, _
from backend.notifications.endpoints import Refused, parse_endpoint, parse_keys
from backend.notifications.keys import vapid_keys
from backend.notifications.schemas import PushKeyView, Subscribe, SubscriptionView
from backend.notifications.tables import PushSubscription

# A person has a few devices; more is a script.
MOST = 20

# An endpoint belongs to one browser. Whoever is signed in there now is whom it wakes: on a shared
# device the person before gets nothing more by it.
SUBSCRIBE = """
INSERT INTO push_subscription
    (id, person, session, endpoint, p256dh, auth, vapid_key, device, created_at, seen_at)
SELECT $1, $2, s.id, $4, $5, $6, $7, coalesce(nullif($8, ''), s.device), $9, $9
FROM session s WHERE s.id = $3
ON CONFLICT (endpoint) DO UPDATE SET
    person = excluded.person, session = excluded.session, p256dh = excluded.p256dh,
    auth = excluded.auth, vapid_key = excluded.vapid_key, device = excluded.device,
    seen_at = excluded.seen_at, gone_at = NULL, last_error = NULL
RETURNING id, device, created_at, seen_at"""

END_OLDEST = """
UPDATE push_subscription SET gone_at = $2, last_error = 'too many'
WHERE id IN (SELECT id FROM push_subscription WHERE person = $1 AND gone_at IS NULL
             ORDER BY seen_at DESC OFFSET $3)"""

END_ENDPOINT = """
UPDATE push_subscription SET gone_at = $3, last_error = 'ended'
WHERE person = $1 AND endpoint = $2 AND gone_at IS NULL RETURNING id"""

END_DEVICE = """
UPDATE push_subscription SET gone_at = $3, last_error = 'ended'
WHERE person = $1 AND id = $2 AND gone_at IS NULL RETURNING id"""

END_SESSION = """
UPDATE push_subscription SET gone_at = $2, last_error = 'signed out'
WHERE session = $1 AND gone_at IS NULL"""


def push_key() -> PushKeyView:
    """What a browser subscribes with."""
    return PushKeyView(vapid_keys().public)


async def subscribe(caller: Caller, command: Subscribe) -> SubscriptionView:
    """Keep a browser's subscription, or learn that it is still there."""
    p256dh, auth = _checked(command)
    values = (uuid4(), caller.person_id, caller.session_id, command.endpoint, p256dh, auth)
    now = clock.now()
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            SUBSCRIBE, *values, vapid_keys().public, command.device, now
        )
        if row is None:  # the session ended while the request was under way
            raise NotSignedIn
        if command.old_endpoint and command.old_endpoint != command.endpoint:
            await connection.fetchval(END_ENDPOINT, caller.person_id, command.old_endpoint, now)
        await connection.execute(END_OLDEST, caller.person_id, now, MOST)
    return _view({**row, "session": caller.session_id}, caller)


def _checked(command: Subscribe) -> tuple[bytes, bytes]:
    if command.vapid_key not in (None, vapid_keys().public):
        raise Invalid(N_("推送密钥已经更换，请重新开启通知。"), field="vapid_key")
    try:
        parse_endpoint(command.endpoint, settings().push_allow)
    except Refused as error:
        raise Invalid(N_("这不是浏览器推送服务的地址。"), field="endpoint") from error
    try:
        return parse_keys(command.keys.p256dh, command.keys.auth)
    except Refused as error:
        raise Invalid(N_("订阅的密钥不对。"), field="keys") from error


async def unsubscribe(caller: Caller, endpoint: str) -> None:
    """The browser does not want to be woken any more."""
    await _end(END_ENDPOINT, caller, endpoint)


async def remove_device(caller: Caller, subscription_id: UUID) -> None:
    """One of the caller's devices, ended from another one."""
    await _end(END_DEVICE, caller, subscription_id)


async def _end(statement: str, caller: Caller, which: str | UUID) -> None:
    async with db.connection() as connection:
        found = await connection.fetchval(statement, caller.person_id, which, clock.now())
    if found is None:
        raise NotFound


async def forget_session(session_id: UUID) -> None:
    """A session ended: its browser is not woken any more. Runs in the transaction that ends it."""
    async with db.connection() as connection:
        await connection.execute(END_SESSION, session_id, clock.now())


async def devices(caller: Caller) -> list[SubscriptionView]:
    """The caller's devices that get notifications, the last used first."""
    live = PushSubscription.gone_at.is_null()
    rows = await (
        caller.rows(PushSubscription)
        .where(live)
        .order_by(PushSubscription.seen_at, ascending=False)
    )
    return [_view(row, caller) for row in rows]


def _view(row: dict[str, Any], caller: Caller) -> SubscriptionView:
    return SubscriptionView(
        id=row["id"],
        name=row["device"] or _("浏览器"),
        created_at=row["created_at"],
        last_seen_at=row["seen_at"],
        current=row["session"] == caller.session_id,
    )
