"""What an operator does about people: add staff, hand out what is kept about someone, show the keys."""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Bytea
from piccolo.table import Table

from backend.accounts.access import owner_of, readable
from backend.accounts.feed import accept_staff
from backend.accounts.keys import read_key_ring, read_pepper
from backend.accounts.schemas import FeedStaff
from backend.accounts.tables import Person
from backend.core import audit, db
from backend.core.errors import OperatorError
from backend.core.feed import Row


async def add_staff(
    number: str, name: str, role: str, phone: str, department: str | None
) -> dict[str, str | None]:
    """Add or change one member of staff, as a row of the feed would."""
    given = {"id": number, "name": name, "role": role, "phone": phone, "department": department}
    try:
        member = msgspec.convert(given, FeedStaff)
    except msgspec.ValidationError as error:
        raise OperatorError(f"{error}.") from error
    async with db.transaction():
        await accept_staff([Row(1, member)])
        await audit.record("operator", "staff-added", f"staff:{number}", role=role)
    return given


async def export_person(
    phone: str, tables: list[type[Table]]
) -> dict[str, list[dict[str, Any]]] | None:
    """Every row of `tables` that is this person's or that they may see; None for an unknown phone.

    Hashes are left out: they say nothing about the person and open nothing.
    """
    person = await Person.select(Person.id).where(Person.phone == phone).first()
    if person is None:
        return None
    return {
        table._meta.tablename: await _rows(table, person["id"])
        for table in tables
        if owner_of(table) is not None
    }


async def _rows(table: type[Table], person: UUID) -> list[dict[str, Any]]:
    columns = [column for column in table._meta.columns if not isinstance(column, Bytea)]
    rows: list[dict[str, Any]] = await table.select(*columns).where(readable(table, person))
    return rows


def prepare_keys(data: Path) -> dict[str, str]:
    """Make the secrets of sign-in that are missing; tells which key signs now."""
    read_pepper(data / "keys")
    return {"token_kid": read_key_ring(data / "keys").signing_kid}
