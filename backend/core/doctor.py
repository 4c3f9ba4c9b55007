"""`denghuo doctor`: is everything there that a running service needs?"""

import os
from datetime import UTC, datetime

from msgspec import Struct

from backend.config import settings
from backend.core import db

LEAST_POSTGRES = 150_000
MOST_CLOCK_SECONDS = 5.0


class Finding(Struct, frozen=True):
    what: str
    ok: bool
    detail: str


async def examine() -> list[Finding]:
    """Every check with its result; nothing is changed."""
    return [*_settings(), *await _database(), *_keys()]


def _settings() -> list[Finding]:
    chosen = settings()
    return [
        Finding("settings", True, f"BASE_URL {chosen.base_url}, RULE_PACK {chosen.rule_pack}"),
        Finding(
            "public address",
            chosen.secure or chosen.development,
            "https" if chosen.secure else "http: for development only",
        ),
    ]


async def _database() -> list[Finding]:
    async with db.connection() as connection:
        version = int(await connection.fetchval("SHOW server_version_num"))
        there: datetime = await connection.fetchval("SELECT clock_timestamp()")
        dead = await connection.fetchval("SELECT count(*) FROM job WHERE dead")
    drift = abs((there - datetime.now(UTC)).total_seconds())
    return [
        Finding("PostgreSQL", version >= LEAST_POSTGRES, f"{version // 10000}"),
        Finding("clocks agree", drift < MOST_CLOCK_SECONDS, f"{drift:.1f} s apart"),
        Finding("no dead jobs", dead == 0, f"{dead}"),
    ]


def _keys() -> list[Finding]:
    folder = settings().data / "keys"
    found = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    private = all(not (folder / name).stat().st_mode & 0o077 for name in found)
    return [
        Finding("keys", bool(found), ", ".join(found) or "none: run `denghuo keys`"),
        Finding("keys are private", private, "only their owner may read them"),
        Finding("data folder", os.access(settings().data, os.W_OK), str(settings().data)),
    ]
