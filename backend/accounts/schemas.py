"""What comes into accounts (commands, verbs) and what goes out (views, nouns)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.accounts.rules import PHONE, BindingProof, StaffRole

Phone = Annotated[str, Meta(pattern=PHONE, max_length=11)]
UsagePointNo = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{4,20}\Z", max_length=20)]


class StaffCard(Struct, frozen=True):
    """Who a member of staff is to their colleagues and to customers."""

    id: str
    name: str
    role: StaffRole
    department: str


# ── commands ───────────────────────────────────────────────────────────────


class RequestCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    phone: Phone


class ProveCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    flow: UUID
    phone: Phone
    code: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", max_length=6)]


class BindUsagePoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    no: UsagePointNo
    proof: BindingProof
    value: Annotated[str, Meta(min_length=1, max_length=20)]


# ── views ──────────────────────────────────────────────────────────────────


class CodeSent(Struct, frozen=True):
    """A sign-in under way. `dev_code` is filled only on a developer's own machine."""

    flow: UUID
    dev_code: str | None = None


class CookieSession(Struct, frozen=True):
    """A new session of the pages; the token is shown once, to be set as the cookie."""

    id: UUID
    token: str
    expires_at: datetime


class TokenPair(Struct, frozen=True, omit_defaults=True):
    """RFC 6749 §5.1; a client of the feed gets no refresh token."""

    access_token: str
    expires_in: int
    refresh_token: str | None = None
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme


class NewClient(Struct, frozen=True):
    """The secret is shown this once."""

    client_id: str
    client_secret: str


class SessionLine(Struct, frozen=True):
    id: UUID
    device: str
    kind: str
    created_at: datetime
    seen_at: datetime
    current: bool


class UsagePointLine(Struct, frozen=True):
    no: str
    no_masked: str
    address: str
    customer_name: str
    source: str
    role: str
    current: bool
    can_unbind: bool


class UsagePointView(Struct, frozen=True, kw_only=True):
    no: str
    address: str
    area: str
    customer_name: str
    customer_kind: str
    voltage: str
    category: str
    capacity_kva: str | None
    tariff: str
    meter_masked: str | None
    role: str
    source: str
    current: bool


class MeView(Struct, frozen=True):
    id: UUID
    phone: str
    name: str
    locale: str
    staff: StaffCard | None
    usage_points: list[UsagePointLine]
