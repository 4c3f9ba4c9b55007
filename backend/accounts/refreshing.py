"""Refresh tokens rotate: each is good once, and one that comes back later means two hold it."""

import logging
from uuid import UUID

from backend.accounts import sessions, tokens
from backend.accounts.errors import InvalidGrant
from backend.accounts.rules import REFRESH_GRACE, session_limits
from backend.accounts.schemas import TokenPair
from backend.core import audit, clock, db
from backend.core.errors import Conflict
from backend.core.i18n import N_

log = logging.getLogger(__name__)

# The row's lock lets one of many parallel uses through; the others then no longer match.
ROTATE = """
UPDATE session SET refresh_hash = $3, spent_refresh_hash = refresh_hash, refreshed_at = $4,
  seen_at = $4,
  idle_expires_at = least(expires_at, $4::timestamptz + CASE WHEN is_staff THEN $5::interval ELSE $6 END)
WHERE id = $1 AND refresh_hash = $2
  AND ended_at IS NULL AND idle_expires_at > $4 AND expires_at > $4
RETURNING person"""

SPENT = """
SELECT person, refresh_hash, spent_refresh_hash, refreshed_at FROM session
WHERE id = $1 AND ended_at IS NULL AND idle_expires_at > $2 AND expires_at > $2 FOR UPDATE"""


async def refresh(token: str) -> TokenPair:
    """A new pair for a refresh token that is still good."""
    try:
        session = tokens.refresh_session(token)
    except tokens.BadToken:
        raise InvalidGrant from None
    successor = tokens.refresh_token(session)
    person = await _rotate(session, token, successor)
    if person is None:
        await _explain(session, token)
        raise InvalidGrant
    return token_pair(person, session, successor)


def token_pair(person: UUID, session: UUID, refresh_token: str) -> TokenPair:
    return TokenPair(tokens.access_token(person, session), tokens.expires_in(), refresh_token)


async def _rotate(session: UUID, token: str, successor: str) -> UUID | None:
    staff, customers = session_limits(True)[0], session_limits(False)[0]
    hashes = tokens.digest(token), tokens.digest(successor)
    async with db.connection() as connection:
        person: UUID | None = await connection.fetchval(
            ROTATE, session, *hashes, clock.now(), staff, customers
        )
    return person


async def _explain(session: UUID, token: str) -> None:
    """A token of ours that is not the current one: just spent by a twin request, or stolen."""
    now = clock.now()
    async with db.transaction() as connection:
        row = await connection.fetchrow(SPENT, session, now)
        if row is None:
            return
        just_spent = (
            row["spent_refresh_hash"] == tokens.digest(token)
            and now - row["refreshed_at"] <= REFRESH_GRACE
        )
        if just_spent:
            raise Conflict(N_("这个凭证刚刚换过，请使用新的。"))
        await sessions.end(session, "refresh token used again")
        await audit.record(f"person:{row['person']}", "refresh-reused", f"session:{session}")
    log.warning("refresh token used again", extra={"session": str(session)})
