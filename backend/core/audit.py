"""The audit trail: rows are only ever added, by the service that did the deed, in its transaction."""

import json
from typing import Any
from uuid import uuid4

from backend.core import clock, db

ADD = "INSERT INTO audit_entry (id, at, actor, action, subject, facts) VALUES ($1, $2, $3, $4, $5, $6)"


async def record(actor: str, action: str, subject: str, **facts: Any) -> None:
    """`actor` did `action` to `subject`: ids such as "person:…", never names or phone numbers."""
    async with db.connection() as connection:
        await connection.execute(
            ADD, uuid4(), clock.now(), actor, action, subject, json.dumps(facts)
        )
