"""Who stands behind what: for whom a caller may act, and who may see a customer's matters."""

from collections.abc import Iterable

from msgspec import Struct

from backend.accounts.access import Caller, readable_sql
from backend.accounts.rules import CustomerKind, Permission
from backend.accounts.tables import Customer, UsagePoint
from backend.core import db
from backend.core.queries import Q


class Holding(Struct, frozen=True):
    """What a new matter of the caller's hangs on."""

    customer: str
    kind: CustomerKind
    usage_point: str | None
    voltage: str | None


# Hand-written for the joins of two owned tables, which the builder cannot alias.
OF_POINT = Q(
    f"""
SELECT c.id, c.kind, u.id, u.voltage FROM usage_point u JOIN customer c ON c.id = u.customer
WHERE u.id = $2 AND {readable_sql(UsagePoint, "$1", Permission.act, alias="u")}""",  # noqa: S608
    into=Holding,
)
FIRST = Q(
    f"""
SELECT c.id, c.kind, NULL, NULL FROM customer c
WHERE {readable_sql(Customer, "$1", Permission.act, alias="c")}
   OR c.id IN (SELECT u.customer FROM usage_point u
               WHERE {readable_sql(UsagePoint, "$1", Permission.act, alias="u")})
ORDER BY c.id LIMIT 1""",  # noqa: S608
    into=Holding,
)


async def holding(caller: Caller, usage_point: str | None) -> Holding | None:
    """The named usage point with its customer, else the caller's first customer; None where the
    caller may not act."""
    async with db.connection() as connection:
        if usage_point is None:
            return await FIRST.one(connection, caller.person_id)
        return await OF_POINT.one(connection, caller.person_id, usage_point)


BEHIND = """
SELECT DISTINCT person::text FROM access
WHERE (customer = ANY($1::text[]) OR usage_point = ANY($2::text[]))
  AND (expires_at IS NULL OR expires_at > now())"""


async def live_topics(customers: Iterable[str], usage_points: Iterable[str]) -> list[str]:
    """The topics of everybody whose open pages may show these customers or usage points."""
    async with db.connection() as connection:
        rows = await connection.fetch(BEHIND, sorted(set(customers)), sorted(set(usage_points)))
    return [f"person:{row['person']}" for row in rows]
