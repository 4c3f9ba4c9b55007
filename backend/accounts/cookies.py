"""The cookies of accounts: the session, a sign-in under way, and how pages look."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from litestar.datastructures import Cookie
from msgspec import Struct

from backend.accounts.rules import CODE_LIFE, PHONE_PATTERN
from backend.accounts.schemas import ChooseDisplay, CodeSent, CookieSession
from backend.config import settings
from backend.core import clock

FLOW = "flow"
SIGN_IN = "/sign-in"
YEAR = int(timedelta(days=365).total_seconds())
LAX: Literal["lax"] = "lax"


class Flow(Struct, frozen=True):
    """A sign-in this browser began; only it can finish it."""

    id: UUID
    phone: str
    dev_code: str | None


def session_name() -> str:
    """Bound to this host and https where there is https; browsers refuse the prefix on plain http."""
    return "__Host-sid" if settings().secure else "sid"


def session_cookie(session: CookieSession) -> Cookie:
    life = int((session.expires_at - clock.now()).total_seconds())
    return _cookie(session_name(), session.token, life)


def no_session_cookie() -> Cookie:
    return _cookie(session_name(), "", 0)


def flow_cookie(phone: str, sent: CodeSent) -> Cookie:
    value = f"{sent.flow.hex}.{phone}.{sent.dev_code or ''}"
    return _cookie(FLOW, value, int(CODE_LIFE.total_seconds()), path=SIGN_IN)


def no_flow_cookie() -> Cookie:
    return _cookie(FLOW, "", 0, path=SIGN_IN)


def read_flow(value: str) -> Flow | None:
    """None for anything we would not have written."""
    parts = value.split(".")
    if len(parts) != 3 or not PHONE_PATTERN.match(parts[1]):
        return None
    try:
        return Flow(UUID(hex=parts[0]), parts[1], parts[2] or None)
    except ValueError:
        return None


def display_cookies(chosen: ChooseDisplay) -> list[Cookie]:
    """A year each; they say nothing about the person."""
    given = {"locale": chosen.locale, "theme": chosen.theme, "mode": chosen.mode}
    return [_cookie(name, value, YEAR) for name, value in given.items() if value is not None]


def _cookie(name: str, value: str, max_age: int, path: str = "/") -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=max_age,
        path=path,
        httponly=True,
        secure=settings().secure,
        samesite=LAX,
    )
