"""Customers as the utility knows them, persons who sign in, and who may see what."""

from piccolo.columns import (
    UUID,
    Boolean,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Numeric,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check
from piccolo.table import Table

from backend.accounts.rules import (
    AccessRole,
    AccessSource,
    CustomerKind,
    Priority,
    Scope,
    StaffRole,
    Voltage,
)
from backend.core.columns import one_of


class Customer(Table):
    """用电客户: the party to the supply contract, as the utility's system names it."""

    id = Varchar(length=40, primary_key=True, default=None)
    name = Varchar(length=200, default=None)
    kind = Varchar(length=20, default=None)
    phone = Varchar(length=20, null=True, default=None, index=True)
    manager = Varchar(length=40, null=True, default=None)
    service_level = Varchar(length=40, null=True, default=None)

    known_kind = one_of("kind", CustomerKind)


class UsagePoint(Table, tablename="usage_point"):
    """用电户: one 户号 at one address."""

    id = Varchar(length=20, primary_key=True, default=None)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict, index=True)
    address = Varchar(length=300, default=None)
    area = Varchar(length=100, default=None)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    voltage = Varchar(length=10, default=None)
    category = Varchar(length=60, default=None)
    capacity_kva = Numeric(digits=(12, 3), null=True, default=None)
    feeder = Varchar(length=60, default=None, index=True)
    transformer = Varchar(length=60, default=None, index=True)
    tariff = Varchar(length=60, default=None)
    meter = Varchar(length=40, null=True, default=None)
    household_size = SmallInt(null=True, default=None)
    priority = Varchar(length=20, default="none")

    known_voltage = one_of("voltage", Voltage)
    known_priority = one_of("priority", Priority)


class StaffMember(Table, tablename="staff_member"):
    """员工: an account manager, service agent, supervisor or administrator."""

    id = Varchar(length=40, primary_key=True, default=None)
    name = Varchar(length=100, default=None)
    role = Varchar(length=20, default=None)
    phone = Varchar(length=20, null=True, default=None, index=True)
    department = Varchar(length=100, null=True, default=None)

    known_role = one_of("role", StaffRole)


class Person(Table):
    """登录用户: known by a phone; the feed creates one for each customer's phone."""

    id = UUID(primary_key=True)
    phone = Varchar(length=20, unique=True, default=None)
    name = Varchar(length=100, null=True, default=None)
    locale = Varchar(length=10, default="zh-CN")
    current_usage_point = Varchar(length=20, null=True, default=None)
    created_at = Timestamptz(default=None)
    first_sign_in_at = Timestamptz(null=True, default=None)


class Access(Table):
    """A person may see one customer with all its usage points, or one usage point."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, index=True)
    customer = ForeignKey(Customer, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    usage_point = ForeignKey(
        UsagePoint, null=True, default=None, on_delete=OnDelete.cascade, index=True
    )
    role = Varchar(length=20, default=None)
    source = Varchar(length=20, default=None)
    granted_by = UUID(null=True, default=None)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(null=True, default=None)

    known_role = one_of("role", AccessRole)
    owned_by = "person"
    known_source = one_of("source", AccessSource)
    grants_one_thing = Check("(customer IS NULL) <> (usage_point IS NULL)")


class SignInCode(Table, tablename="sign_in_code"):
    """A one-time code under way; the code itself is never stored."""

    id = UUID(primary_key=True)
    phone = Varchar(length=20, default=None, index=True)
    code_hash = Bytea(default=None)
    tries = SmallInt(default=0)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)


class Session(Table):
    """A signed-in device: an opaque cookie on the pages or rotating refresh tokens on the API."""

    id = UUID(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, index=True)
    cookie_hash = Bytea(null=True, default=None, unique=True)
    refresh_hash = Bytea(null=True, default=None, unique=True)
    spent_refresh_hash = Bytea(null=True, default=None, index=True)
    refreshed_at = Timestamptz(null=True, default=None)
    device = Varchar(length=100, default="")
    is_staff = Boolean(default=False)
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    idle_expires_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Varchar(length=40, null=True, default=None)


class ApiClient(Table, tablename="api_client"):
    """One of the utility's systems, with a secret and what it may do."""

    id = Varchar(length=60, primary_key=True, default=None)
    name = Varchar(length=100, default=None)
    scope = Varchar(length=20, default=None)
    secret_hash = Text(default=None)
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)

    known_scope = one_of("scope", Scope)


# One grant of each kind a person, so that granting twice changes nothing.
INDEXES = (
    "CREATE UNIQUE INDEX access_one_customer ON access (person, customer) WHERE customer IS NOT NULL",
    (
        "CREATE UNIQUE INDEX access_one_usage_point ON access (person, usage_point) "
        "WHERE usage_point IS NOT NULL"
    ),
    "CREATE INDEX session_live ON session (person) WHERE ended_at IS NULL",
)
