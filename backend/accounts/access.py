"""Who is calling, and the only way from a caller to rows that belong to customers.

`caller.rows(Table, permission)` starts every query on such a table, so a stranger's record is not
refused: it is simply not among the rows. tests/test_access_gate.py finds whoever goes around it.
"""

from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Column, ForeignKey
from piccolo.columns.combination import WhereRaw
from piccolo.query import Select
from piccolo.table import Table

from backend.accounts.rules import ROLES_WITH, CallerKind, Permission, Scope
from backend.accounts.schemas import StaffCard
from backend.accounts.tables import Customer, Person, UsagePoint
from backend.core.pages import UsagePointCard


class Caller(Struct, frozen=True, kw_only=True):
    """The signed-in person behind a request."""

    person_id: UUID
    session_id: UUID
    phone: str
    name: str
    locale: str
    kind: CallerKind
    staff: StaffCard | None = None
    usage_point: UsagePointCard | None = None

    def rows(
        self,
        table: type[Table],
        permission: Permission | str = Permission.read,
        *columns: Column,
    ) -> Select[Any]:
        """A Select on the rows of `table` that this person may read, act on or manage."""
        return table.select(*columns).where(readable(table, self.person_id, permission))


class ApiCaller(Struct, frozen=True):
    """One of the utility's systems behind a request."""

    client_id: str
    name: str
    scope: Scope


def readable(
    table: type[Table], person: Any, permission: Permission | str = Permission.read
) -> WhereRaw:
    """The condition behind `caller.rows`, for compiled queries: `person` may be a P(n)."""
    sql = readable_sql(table, "{}", permission)
    return WhereRaw(sql, *[person] * sql.count("{}"))


def readable_sql(
    table: type[Table],
    person: str,
    permission: Permission | str = Permission.read,
    *,
    alias: str = "",
) -> str:
    """The same condition as text for SQL written by hand; `person` is "$1" or a column."""
    name = f'"{alias or table._meta.tablename}"'
    owner = owner_of(table)
    if owner is None:
        raise LookupError(f"{table.__name__} belongs to no customer")
    return _conditions(name, owner, person, Permission(permission))


class Owner(Struct, frozen=True):
    """The columns by which a row belongs to somebody; `parent` is a foreign key to an owned row."""

    customer: str = ""
    usage_point: str = ""
    person: str = ""
    parent: ForeignKey[Any] | None = None


# Where the column names alone do not tell. Any other table may say `owned_by = "<column>"`.
OWNERS: dict[type[Table], Owner] = {
    Customer: Owner(customer="id"),
    UsagePoint: Owner(customer="customer", usage_point="id"),
    Person: Owner(person="id"),
}


@cache
def owner_of(table: type[Table]) -> Owner | None:
    """By its columns: customer or usage_point, else person, else one foreign key to an owned row."""
    if table in OWNERS:
        return OWNERS[table]
    keys = {key._meta.name: key for key in table._meta.foreign_key_columns}
    chosen = getattr(table, "owned_by", "")
    if chosen:
        keys = {chosen: keys[chosen]}
    if "customer" in keys or "usage_point" in keys:
        return Owner(
            customer="customer" if "customer" in keys else "",
            usage_point="usage_point" if "usage_point" in keys else "",
        )
    if "person" in keys:
        return Owner(person="person")
    return _parent(table, list(keys.values()))


def _parent(table: type[Table], keys: list[ForeignKey[Any]]) -> Owner | None:
    owned = [
        key
        for key in keys
        if (target := key._foreign_key_meta.resolved_references) is not table
        and owner_of(target) is not None
    ]
    if len(owned) > 1:
        raise LookupError(f"{table.__name__} has several owners: say owned_by")
    return Owner(parent=owned[0]) if owned else None


def _conditions(name: str, owner: Owner, person: str, permission: Permission) -> str:
    if owner.person:
        return f'{name}."{owner.person}" = {person}'
    if owner.parent is not None:
        return _through_parent(name, owner.parent, person, permission)
    customers = _granted("customer", person, permission)
    points = _granted("usage_point", person, permission)
    # ANY(ARRAY(…)) and not IN (…): the arrays are found first, so that the OR can use both indexes.
    found = []
    if owner.customer:
        found.append(f'{name}."{owner.customer}" = ANY(ARRAY({customers}))')
    else:
        points += f" UNION SELECT id FROM usage_point WHERE customer = ANY(ARRAY({customers}))"  # noqa: S608
    if owner.usage_point:
        found.append(f'{name}."{owner.usage_point}" = ANY(ARRAY({points}))')
    return f"({' OR '.join(found)})"


def _granted(column: str, person: str, permission: Permission) -> str:
    roles = ", ".join(f"'{role}'" for role in ROLES_WITH[permission])
    return (
        f"SELECT a.{column} FROM access a WHERE a.person = {person}"  # noqa: S608 - constants
        f" AND a.{column} IS NOT NULL AND a.role IN ({roles})"
        " AND (a.expires_at IS NULL OR a.expires_at > now())"
    )


def _through_parent(name: str, key: ForeignKey[Any], person: str, permission: Permission) -> str:
    parent = key._foreign_key_meta.resolved_references
    target = key._foreign_key_meta.resolved_target_column._meta.db_column_name
    condition = readable_sql(parent, person, permission)
    return (
        f'{name}."{key._meta.db_column_name}" IN (SELECT "{target}"'  # noqa: S608 - constants
        f' FROM "{parent._meta.tablename}" WHERE {condition})'
    )
