"""What comes into accounts (commands, verbs) and what goes out (views, nouns)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.accounts.rules import (
    PHONE,
    AccessRole,
    AccessSource,
    BindingProof,
    CallerKind,
    CustomerKind,
    Priority,
    StaffRole,
    Voltage,
)
from backend.core.feed import PLAIN, Id, Word
from backend.core.i18n import N_

Phone = Annotated[
    str,
    Meta(pattern=PHONE, max_length=11, extra={"sentence": N_("请填写 11 位手机号。")}),
]
Code = Annotated[
    str,
    Meta(pattern=r"^[0-9]{6}\Z", max_length=6, extra={"sentence": N_("验证码是 6 位数字。")}),
]
UsagePointNo = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z-]{4,20}\Z",
        max_length=20,
        extra={"sentence": N_("户号不完整，请照账单或缴费短信填写。")},
    ),
]


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
    code: Code


class RequestToken(Struct, frozen=True, kw_only=True):
    """RFC 6749 §4: which fields are needed depends on the grant; unknown ones are ignored."""

    grant_type: Annotated[str, Meta(max_length=40)]
    flow: UUID | None = None
    phone: Phone | None = None
    code: Annotated[str, Meta(max_length=6)] | None = None
    refresh_token: Annotated[str, Meta(max_length=200)] | None = None
    client_id: Annotated[str, Meta(max_length=60)] | None = None
    client_secret: Annotated[str, Meta(max_length=200)] | None = None


class EnterCode(Struct, frozen=True, kw_only=True):
    """The flow and the phone of this code are in the browser's flow cookie."""

    code: Code


class ChooseDisplay(Struct, frozen=True, kw_only=True):
    """Each button of the header sends one of these, the settings page all."""

    locale: Literal["zh-CN", "en"] | None = None
    theme: Literal["auto", "light", "dark", "contrast"] | None = None
    mode: Literal["standard", "care"] | None = None


class BindUsagePoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    no: UsagePointNo
    proof_kind: BindingProof
    proof: Annotated[str, Meta(min_length=1, max_length=20)]


# ── views ──────────────────────────────────────────────────────────────────


class CodeSent(Struct, frozen=True, omit_defaults=True):
    """A sign-in under way. `dev_code` is filled only on a developer's own machine."""

    flow: UUID
    dev_code: str | None = None


class CookieSession(Struct, frozen=True):
    """A new session of the pages; the token is shown once, to be set as the cookie."""

    id: UUID
    token: str
    expires_at: datetime


class TokenPair(Struct, frozen=True):
    """RFC 6749 §5.1; a client of the feed gets no refresh token."""

    access_token: str
    expires_in: int
    refresh_token: str | UnsetType = UNSET
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme


class OAuthProblem(Struct, frozen=True):
    """Problem details with the `error` that OAuth clients look for."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    errors: list[dict[str, str]]


class SessionLine(Struct, frozen=True):
    id: UUID
    device: str
    kind: CallerKind
    created_at: datetime
    last_seen_at: datetime
    current: bool


class UsagePointLine(Struct, frozen=True):
    no: str
    no_masked: str
    address: str
    customer_name: str
    source: AccessSource
    role: AccessRole
    current: bool
    removable: bool


class UsagePointPage(Struct, frozen=True):
    """`next` is the cursor of the following page, or null."""

    items: list[UsagePointLine]
    next: str | None


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
    role: AccessRole
    source: AccessSource
    current: bool


class MeView(Struct, frozen=True):
    id: UUID
    phone: str
    name: str
    locale: str
    staff: StaffCard | None
    usage_points: list[UsagePointLine]


# ── rows of the feed ───────────────────────────────────────────────────────

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN)]
Address = Annotated[str, Meta(min_length=1, max_length=300, pattern=PLAIN)]
Mark = Annotated[str, Meta(min_length=1, max_length=60, pattern=PLAIN)]
Telephone = Annotated[str, Meta(pattern=r"^[0-9+() -]{3,20}\Z")]


class FeedCustomer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    name: Name
    kind: CustomerKind
    phone: Telephone | None = None
    manager: Annotated[str, Meta(max_length=40, pattern=PLAIN)] | None = None
    service_level: Annotated[str, Meta(max_length=40, pattern=PLAIN)] | None = None


class FeedUsagePoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: UsagePointNo
    customer_id: Id
    address: Address
    area: Word
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    voltage: Voltage
    category: Mark
    capacity_kva: Annotated[float, Meta(ge=0, le=99_999_999)] | None = None
    feeder: Mark
    transformer: Mark
    tariff: Mark
    meter: Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{4,40}\Z")] | None = None
    household_size: Annotated[int, Meta(ge=0, le=100)] | None = None
    priority: Priority = Priority.none


class FeedStaff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Id
    name: Word
    role: StaffRole
    phone: Telephone | None = None
    department: Annotated[str, Meta(max_length=100, pattern=PLAIN)] | None = None
