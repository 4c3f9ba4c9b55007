"""Who may what, and how a person proves who they are: no database here."""

import re
from datetime import timedelta
from enum import StrEnum

PHONE = r"^1[3-9][0-9]{9}\Z"  # `$` would let a line break in
PHONE_PATTERN = re.compile(PHONE)
LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,499}\Z")  # printable ASCII without backslash


class CustomerKind(StrEnum):
    residential = "residential"
    commercial = "commercial"
    industrial = "industrial"
    agricultural = "agricultural"
    public = "public"


class Voltage(StrEnum):
    v220 = "220V"
    v380 = "380V"
    kv10 = "10kV"
    kv20 = "20kV"
    kv35 = "35kV"
    kv110 = "110kV"
    kv220 = "220kV"


class Priority(StrEnum):
    none = "none"
    sensitive = "sensitive"
    important = "important"


class StaffRole(StrEnum):
    manager = "manager"
    agent = "agent"
    supervisor = "supervisor"
    admin = "admin"


class AccessRole(StrEnum):
    owner = "owner"
    member = "member"
    viewer = "viewer"


class AccessSource(StrEnum):
    phone = "phone"
    proof = "proof"
    delegation = "delegation"


class Permission(StrEnum):
    read = "read"
    act = "act"
    manage = "manage"


ROLES_WITH: dict[Permission, tuple[AccessRole, ...]] = {
    Permission.read: (AccessRole.owner, AccessRole.member, AccessRole.viewer),
    Permission.act: (AccessRole.owner, AccessRole.member),
    Permission.manage: (AccessRole.owner,),
}


class Scope(StrEnum):
    feed = "feed"


class CallerKind(StrEnum):
    cookie = "cookie"
    bearer = "bearer"


class BindingProof(StrEnum):
    """What only the household knows: the end of the meter's asset number, or its last bill."""

    meter = "meter"
    bill = "bill"


CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
ACCESS_TOKEN_LIFE = timedelta(minutes=10)
REFRESH_GRACE = timedelta(seconds=10)
SESSION_IDLE = timedelta(days=14)
SESSION_LIFE = timedelta(days=90)
STAFF_SESSION_IDLE = timedelta(minutes=30)
STAFF_SESSION_LIFE = timedelta(hours=12)
LIVE_SESSIONS = 10
SEEN_EVERY = timedelta(minutes=1)

# Enough for a mistyped number and several devices; with five tries each, 30 codes leave a guesser a
# chance of 150 in a million a day. A service hall and a company share one address.
CODES_A_MINUTE = 3
CODES_A_DAY = 30
CODES_AN_HOUR_FROM_ONE_ADDRESS = 120
WRONG_PROOFS_A_DAY = 5


def session_limits(is_staff: bool) -> tuple[timedelta, timedelta]:
    """(idle, absolute): a workbench shows many customers' data, so it closes sooner."""
    if is_staff:
        return STAFF_SESSION_IDLE, STAFF_SESSION_LIFE
    return SESSION_IDLE, SESSION_LIFE


def mobile_of(phone: str) -> str | None:
    """The mobile number in it, as people and systems write it (+86, spaces, dashes), or None."""
    digits = re.sub(r"[\s()-]", "", phone)
    digits = re.sub(r"^(\+|00)86", "", digits)
    return digits if PHONE_PATTERN.match(digits) else None


def local_path(target: str) -> str:
    """Where to go next: a path of this site, else its home; browsers read `//host` as another site."""
    return target if LOCAL_PATH.match(target) else "/"


BROWSERS = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "MIUI Browser"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """ "Chrome · Android": enough for people to recognise their own devices."""
    found = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (BROWSERS, SYSTEMS)
    ]
    named = " · ".join(part for part in found if part)
    return named or user_agent.split("/", maxsplit=1)[0].strip()[:40]
