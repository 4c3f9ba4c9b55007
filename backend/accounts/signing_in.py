"""A proven phone becomes a session: with a cookie for the pages, with tokens for the API."""

import logging
from uuid import UUID

import msgspec

from backend.accounts import codes, sessions
from backend.accounts.access import Caller
from backend.accounts.clients import sign_in_client
from backend.accounts.errors import InvalidRequest, UnsupportedGrant, WrongCode
from backend.accounts.refreshing import refresh, token_pair
from backend.accounts.rules import device_name
from backend.accounts.schemas import CookieSession, ProveCode, RequestToken, TokenPair
from backend.core import db

log = logging.getLogger(__name__)


async def sign_in(command: ProveCode, user_agent: str, former: Caller | None) -> CookieSession:
    """A new session of the pages; the one this browser had before is over."""
    await codes.prove(command)
    async with db.transaction() as connection:
        person, is_staff = await codes.use(connection, command)
        session = await sessions.start_with_cookie(
            person, device_name(user_agent), is_staff=is_staff
        )
        if former is not None:
            await sessions.end(former.session_id, "signed in again")
    _log(person, session.id)
    return session


async def sign_in_for_tokens(command: ProveCode, user_agent: str) -> TokenPair:
    """A new session of the API."""
    await codes.prove(command)
    async with db.transaction() as connection:
        person, is_staff = await codes.use(connection, command)
        session, refresh_token = await sessions.start_with_refresh(
            person, device_name(user_agent), is_staff=is_staff
        )
    _log(person, session)
    return token_pair(person, session, refresh_token)


async def grant_token(request: RequestToken, user_agent: str) -> TokenPair:
    """One of the three ways to an access token: a code, a refresh token, a system's secret."""
    match request:
        case RequestToken(grant_type="otp", flow=UUID(), phone=str(), code=str()):
            return await sign_in_for_tokens(_proof(request), user_agent)
        case RequestToken(grant_type="refresh_token", refresh_token=str(token)):
            return await refresh(token)
        case RequestToken(
            grant_type="client_credentials", client_id=str(id_), client_secret=str(s)
        ):
            return await sign_in_client(id_, s)
        case RequestToken(grant_type="otp" | "refresh_token" | "client_credentials"):
            raise InvalidRequest
    raise UnsupportedGrant


def _proof(request: RequestToken) -> ProveCode:
    try:
        return msgspec.convert(request, ProveCode, from_attributes=True)
    except msgspec.ValidationError:
        raise WrongCode from None  # not six digits: as wrong as six other ones


async def sign_out(caller: Caller) -> None:
    await sessions.end(caller.session_id, "signed out")
    log.info("signed out", extra={"session": str(caller.session_id)})


def _log(person: UUID, session: UUID) -> None:
    log.info("signed in", extra={"person": str(person), "session": str(session)})
