"""The API's tokens: short signed access tokens, and refresh tokens that are opaque and rotate.

Access tokens are checked cheapest and strictest first: length, then algorithm and type, then the key,
then the signature, then every claim. Times are read from our own clock, so PyJWT checks none.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Annotated
from uuid import UUID, uuid4

import jwt
import msgspec
from msgspec import Meta, Struct

from backend.accounts.keys import key_ring, pepper
from backend.accounts.rules import ACCESS_TOKEN_LIFE, Scope
from backend.config import settings
from backend.core import clock

ALGORITHM = "EdDSA"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068
LONGEST = 4096
LONGEST_LIFE = 3600
SKEW = 5
Moment = Annotated[int, Meta(ge=0, le=2**40)]
Short = Annotated[str, Meta(min_length=1, max_length=200)]


class BadToken(Exception):
    """Not one of ours, or not valid now; why is nobody's business."""


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """`sid` is the session of a person; a client of the feed has a scope instead."""

    iss: Short
    aud: Short
    sub: Short
    exp: Moment
    nbf: Moment
    iat: Moment
    jti: UUID
    sid: UUID | None = None
    scope: Scope | None = None


def person_audience() -> str:
    return f"{settings().base_url}/api/v1"


def client_audience() -> str:
    """An audience of its own: neither kind of token passes for the other."""
    return f"{settings().base_url}/api/v1/feed"


def access_token(person: UUID, session: UUID) -> str:
    return _sign(str(person), person_audience(), {"sid": str(session)})


def client_token(client_id: str, scope: Scope) -> str:
    return _sign(client_id, client_audience(), {"scope": scope.value})


def _sign(subject: str, audience: str, more: dict[str, str]) -> str:
    now = int(clock.now().timestamp())
    claims = {
        "iss": settings().base_url,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "nbf": now,
        "exp": now + int(ACCESS_TOKEN_LIFE.total_seconds()),
        "jti": str(uuid4()),
        **more,
    }
    ring = key_ring()
    headers = {"typ": TOKEN_TYPE, "kid": ring.signing_kid}
    return jwt.encode(claims, ring.signing, ALGORITHM, headers=headers)


def verified(token: str) -> Claims:
    """The claims of a token of ours that is valid now; raises BadToken for everything else."""
    if len(token) > LONGEST or not token.isascii():
        raise BadToken
    try:
        claims = msgspec.convert(_payload(token), Claims)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise BadToken from error
    if not (_is_current(claims) and _is_for_us(claims)):
        raise BadToken
    return claims


def _payload(token: str) -> dict[str, object]:
    header = jwt.get_unverified_header(token)
    if header.get("alg") != ALGORITHM or header.get("typ") != TOKEN_TYPE or "crit" in header:
        raise BadToken
    kid = header.get("kid")
    key = key_ring().verifying.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise BadToken
    payload: dict[str, object] = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        options={
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": False,
            "require": ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"],
        },
    )
    return payload


def _is_current(claims: Claims) -> bool:
    now = clock.now().timestamp()
    return (
        claims.nbf <= now + SKEW
        and claims.iat <= now + SKEW
        and now < claims.exp
        and claims.exp - claims.iat <= LONGEST_LIFE
    )


def _is_for_us(claims: Claims) -> bool:
    if claims.iss != settings().base_url:
        return False
    if claims.sid is not None:
        return claims.scope is None and claims.aud == person_audience()
    return claims.scope is not None and claims.aud == client_audience()


# ── opaque tokens ──────────────────────────────────────────────────────────


def opaque_token() -> str:
    """256 random bits; only the hash is stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """SHA-256 is enough for 256 random bits: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(token.encode()).digest()


def refresh_token(session: UUID) -> str:
    """Names its session and carries our mark, so that a spent one is known as ours for ever."""
    body = session.bytes + secrets.token_bytes(32)
    return base64.urlsafe_b64encode(body + _mark(body)).decode().rstrip("=")


def refresh_session(token: str) -> UUID:
    """The session a refresh token of ours was made for, spent or not; raises BadToken."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadToken from error
    body, mark = raw[:48], raw[48:]
    if len(raw) != 64 or not hmac.compare_digest(mark, _mark(body)):
        raise BadToken
    return UUID(bytes=body[:16])


def _mark(body: bytes) -> bytes:
    return hmac.digest(pepper(), b"refresh" + body, "sha256")[:16]


def expires_in(life: timedelta = ACCESS_TOKEN_LIFE) -> int:
    return int(life.total_seconds())
