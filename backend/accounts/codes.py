"""One-time codes: sent by SMS, bound to the browser or app that asked, good once and shortly.

The limits: one code a minute and ten a day for a phone, thirty an hour for an address, five tries a
code, five minutes. A code asked for later does not kill an earlier one, or else a stranger who knows
the number could keep its owner out. Whether a phone is known plays no part anywhere here.
"""

import hmac
import ipaddress
import logging
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from backend.accounts import grants
from backend.accounts.errors import WrongCode
from backend.accounts.keys import pepper
from backend.accounts.rules import (
    CODE_LIFE,
    CODE_TRIES,
    CODES_A_DAY,
    CODES_A_MINUTE,
    CODES_AN_HOUR_FROM_ONE_ADDRESS,
)
from backend.accounts.schemas import CodeSent, ProveCode, RequestCode
from backend.accounts.tables import SignInCode
from backend.config import settings
from backend.core import clock, db
from backend.core.i18n import _, locale
from backend.core.ratelimit import take
from backend.core.sms import send_sms

log = logging.getLogger(__name__)

SALT = 32

# The try is counted before the code is compared, and committed by itself: a wrong one must count.
TRY = """
UPDATE sign_in_code SET tries = tries + 1
WHERE id = $1 AND phone = $2 AND used_at IS NULL AND expires_at > $3 AND tries < $4
RETURNING code_hash"""

# The row's lock lets one of many parallel uses through.
USE = "UPDATE sign_in_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL RETURNING id"

FIRST_SIGN_IN = """
INSERT INTO person (id, phone, locale, created_at, first_sign_in_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (phone) DO UPDATE SET
  locale = CASE WHEN person.first_sign_in_at IS NULL THEN EXCLUDED.locale ELSE person.locale END,
  first_sign_in_at = coalesce(person.first_sign_in_at, EXCLUDED.first_sign_in_at)
RETURNING id"""


async def request_code(command: RequestCode, address: str) -> CodeSent:
    """Send a code to the phone; the answer names the flow it belongs to."""
    await _count(command.phone, address)
    flow, code = uuid4(), f"{secrets.randbelow(10**6):06d}"
    now = clock.now()
    async with db.transaction():
        await SignInCode(
            id=flow,
            phone=command.phone,
            code_hash=_new_hash(flow, code),
            created_at=now,
            expires_at=now + CODE_LIFE,
        ).save()
        await send_sms(command.phone, _text(code), good_for=CODE_LIFE.total_seconds())
    return CodeSent(flow, code if settings().development else None)


async def prove(command: ProveCode) -> None:
    """Count one try; raises WrongCode unless the code is right."""
    async with db.connection() as connection:
        kept = await connection.fetchval(TRY, command.flow, command.phone, clock.now(), CODE_TRIES)
    if kept is None or not _matches(kept, command.flow, command.code):
        log.info("wrong code", extra={"flow": str(command.flow)})
        raise WrongCode


async def use(connection: Any, command: ProveCode) -> tuple[UUID, bool]:
    """In the transaction that starts the session: (the person who proved the phone, is staff)."""
    now = clock.now()
    if await connection.fetchval(USE, command.flow, now) is None:
        raise WrongCode
    person = await connection.fetchval(FIRST_SIGN_IN, uuid4(), command.phone, locale(), now)
    await grants.grant_by_phone(connection, command.phone)
    is_staff = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM staff_member WHERE phone = $1)", command.phone
    )
    return person, is_staff


async def _count(phone: str, address: str) -> None:
    hour, minute, day = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
    await take(f"code-address:{network(address)}", CODES_AN_HOUR_FROM_ONE_ADDRESS, hour)
    await take(f"code-minute:{phone}", CODES_A_MINUTE, minute)
    await take(f"code-day:{phone}", CODES_A_DAY, day)


def network(address: str) -> str:
    """One subscriber: an IPv4 address, or the /64 that an IPv6 household chooses from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _new_hash(flow: UUID, code: str) -> bytes:
    salt = secrets.token_bytes(SALT)
    return salt + _hmac(salt, flow, code)


def _matches(kept: bytes, flow: UUID, code: str) -> bool:
    return hmac.compare_digest(kept[SALT:], _hmac(kept[:SALT], flow, code))


def _hmac(salt: bytes, flow: UUID, code: str) -> bytes:
    """Six digits are few, so the hash needs the pepper, which no copy of the database holds."""
    return hmac.digest(pepper(), salt + flow.bytes + code.encode(), "sha256")


def _text(code: str) -> str:
    return _(
        "【%(utility)s】验证码 %(code)s，%(minutes)s 分钟内有效，只用来登录。不要告诉任何人。",
        utility=settings().utility_name,
        code=code,
        minutes=int(CODE_LIFE.total_seconds()) // 60,
    )
