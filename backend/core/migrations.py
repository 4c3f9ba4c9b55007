"""Migrations: one history, run under a lock by whoever comes first; the others wait and find it done."""

import contextlib
import io
import logging

from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.commands.new import new

from backend.core import db
from backend.core.errors import OperatorError

log = logging.getLogger(__name__)

LOCK = 0x64656E67  # "deng"


class MigrationFailed(OperatorError):
    """Piccolo reported a failure; its own words are in the log."""


async def forwards() -> None:
    """Bring the database to this release. Piccolo takes no lock of its own."""
    connection = await db.direct_connection()
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await _run()
    finally:
        await connection.close()


async def _run() -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = await run_forwards(app_name="denghuo", fake=False)
    if not result.success:
        raise MigrationFailed(result.message or said.getvalue())
    log.info("migrated", extra={"said": said.getvalue().split("\n")[-2:]})


async def write(why: str) -> None:
    """A migration for what changed in the tables; read it before it is committed."""
    await new(app_name="denghuo", auto=True, desc=why)
