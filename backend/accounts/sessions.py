"""Sessions: a device that is signed in. Every request asks the row, so an ended session is over at once."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from backend.accounts.access import Caller, readable_sql
from backend.accounts.rules import (
    LIVE_SESSIONS,
    SEEN_EVERY,
    CallerKind,
    StaffRole,
    session_limits,
)
from backend.accounts.schemas import CookieSession, SessionLine, StaffCard
from backend.accounts.tables import Session, UsagePoint
from backend.accounts.tokens import digest, opaque_token, refresh_token
from backend.core import clock, db
from backend.core.errors import NotFound
from backend.core.masking import mask_number
from backend.core.pages import UsagePointCard

LONGEST_COOKIE = 100

# One query tells who it is, whether staff, and for which usage point: the one chosen while it may
# still be read, else the first. Hand-written for the lateral joins, which the builder lacks.
RESOLVE = f"""
SELECT s.id AS session, s.seen_at, s.cookie_hash IS NOT NULL AS by_cookie,
       p.id AS person, p.phone, coalesce(p.name, '') AS name, p.locale,
       m.id AS staff, m.name AS staff_name, m.role, coalesce(m.department, '') AS department,
       u.id AS usage_point, u.address
FROM session s
JOIN person p ON p.id = s.person
LEFT JOIN LATERAL (
  SELECT * FROM staff_member WHERE s.is_staff AND phone = p.phone ORDER BY id LIMIT 1
) m ON true
LEFT JOIN LATERAL (
  SELECT u.id, u.address FROM usage_point u WHERE {readable_sql(UsagePoint, "p.id", alias="u")}
  ORDER BY u.id = p.current_usage_point DESC NULLS LAST, u.id LIMIT 1
) u ON true
WHERE s.ended_at IS NULL AND s.idle_expires_at > $2 AND s.expires_at > $2
"""  # noqa: S608 - constants only
BY_COOKIE = RESOLVE + " AND s.cookie_hash = $1"
BY_ID = RESOLVE + " AND s.id = $1"

SEEN = """
UPDATE session SET seen_at = $2,
  idle_expires_at = least(expires_at, $2::timestamptz + CASE WHEN is_staff THEN $3::interval ELSE $4 END)
WHERE id = $1 AND ended_at IS NULL AND seen_at <= $2::timestamptz - $5::interval"""

START = """
INSERT INTO session (id, person, cookie_hash, refresh_hash, device, is_staff,
                     created_at, seen_at, idle_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)"""

END = """
UPDATE session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL RETURNING id"""

# The ones beyond the limit, those used longest ago first to go; the new one stays.
SURPLUS = """
SELECT id FROM session WHERE person = $1 AND id <> $2 AND ended_at IS NULL AND expires_at > $3
ORDER BY seen_at DESC OFFSET $4"""

SessionHook = Callable[[UUID], Awaitable[None]]
# Called with the session's id, inside the transaction that ends it; later layers add theirs in app.py.
sign_out_hooks: list[SessionHook] = []


async def by_cookie(token: str) -> Caller | None:
    """The person behind a cookie, while its session lives."""
    if len(token) > LONGEST_COOKIE:
        return None
    return await _resolve(BY_COOKIE, digest(token))


async def by_id(session: UUID) -> Caller | None:
    """The person behind an access token, while its session lives."""
    return await _resolve(BY_ID, session)


async def is_live(session: UUID) -> bool:
    """For streams that outlast a request: may they go on?"""
    return await by_id(session) is not None


async def _resolve(query: str, key: bytes | UUID) -> Caller | None:
    now = clock.now()
    async with db.connection() as connection:
        row = await connection.fetchrow(query, key, now)
        if row is None:
            return None
        if row["seen_at"] <= now - SEEN_EVERY:
            staff, customers = session_limits(True)[0], session_limits(False)[0]
            await connection.execute(SEEN, row["session"], now, staff, customers, SEEN_EVERY)
    return _caller(row)


def _caller(row: Any) -> Caller:
    return Caller(
        person_id=row["person"],
        session_id=row["session"],
        phone=row["phone"],
        name=row["staff_name"] or row["name"],
        locale=row["locale"],
        kind=CallerKind.cookie if row["by_cookie"] else CallerKind.bearer,
        staff=_staff(row),
        usage_point=_usage_point(row),
    )


def _staff(row: Any) -> StaffCard | None:
    if row["staff"] is None:
        return None
    return StaffCard(row["staff"], row["staff_name"], StaffRole(row["role"]), row["department"])


def _usage_point(row: Any) -> UsagePointCard | None:
    no = row["usage_point"]
    return None if no is None else UsagePointCard(no, mask_number(no), row["address"])


async def start_with_cookie(person: UUID, device: str, *, is_staff: bool) -> CookieSession:
    """A session of the pages, in the caller's transaction."""
    token, session = opaque_token(), uuid4()
    expires_at = clock.now() + session_limits(is_staff)[1]
    await _start(session, person, device, is_staff, cookie_hash=digest(token))
    return CookieSession(session, token, expires_at)


async def start_with_refresh(person: UUID, device: str, *, is_staff: bool) -> tuple[UUID, str]:
    """A session of the API, in the caller's transaction: (its id, the first refresh token)."""
    session = uuid4()
    token = refresh_token(session)
    await _start(session, person, device, is_staff, refresh_hash=digest(token))
    return session, token


async def _start(
    session: UUID,
    person: UUID,
    device: str,
    is_staff: bool,
    *,
    cookie_hash: bytes | None = None,
    refresh_hash: bytes | None = None,
) -> None:
    now = clock.now()
    idle, life = session_limits(is_staff)
    facts = (person, cookie_hash, refresh_hash, device[:100], is_staff)
    async with db.transaction() as connection:
        # Sign-ins of one person follow each other, so that the limit is exact. NO KEY: the feed may
        # go on writing rows that point to this person.
        await connection.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person)
        await connection.execute(START, session, *facts, now, now + idle, now + life)
        for row in await connection.fetch(SURPLUS, person, session, now, LIVE_SESSIONS - 1):
            await end(row["id"], "too many sessions")


async def end(session: UUID, reason: str) -> None:
    """Over at once for the cookie, the access token and the refresh token; twice changes nothing."""
    async with db.transaction() as connection:
        if await connection.fetchval(END, session, clock.now(), reason) is None:
            return
        for hook in sign_out_hooks:
            await hook(session)


async def list_sessions(caller: Caller) -> list[SessionLine]:
    """Where this person is signed in, the latest first."""
    now = clock.now()
    rows = (
        await caller.rows(Session)
        .where(Session.ended_at.is_null(), Session.expires_at > now, Session.idle_expires_at > now)
        .order_by(Session.seen_at, ascending=False)
    )
    return [_line(row, caller.session_id) for row in rows]


def _line(row: dict[str, Any], current: UUID) -> SessionLine:
    return SessionLine(
        id=row["id"],
        device=row["device"],
        kind=CallerKind.cookie if row["cookie_hash"] else CallerKind.bearer,
        created_at=row["created_at"],
        last_seen_at=row["seen_at"],
        current=row["id"] == current,
    )


async def end_session(caller: Caller, session: UUID) -> None:
    """End one of one's own sessions; somebody else's does not exist."""
    rows = await caller.rows(Session).where(Session.id == session, Session.ended_at.is_null())
    if not rows:
        raise NotFound
    await end(session, "ended by the person")
