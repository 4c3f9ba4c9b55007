"""What a phone opens: the feed says which customer it belongs to, and access follows the feed.

Everything here is set-based and repeatable. Rows are written in the order of their key, so that batches
that run side by side wait for each other instead of locking crosswise.
"""

from typing import Any

from backend.accounts.rules import PHONE
from backend.core import clock

MEET = f"""
INSERT INTO person (id, phone, locale, created_at)
SELECT gen_random_uuid(), phone, 'zh-CN', $2 FROM unnest($1::text[]) AS phone
WHERE phone ~ '{PHONE.replace(chr(92) + "Z", "$")}'
GROUP BY phone ORDER BY phone
ON CONFLICT (phone) DO NOTHING"""  # noqa: S608 - a constant; in SQL `$` is the very end

# A person is called as the staff list says, else as the household is; a company's name is nobody's.
NAME = """
WITH named AS (
  SELECT p.id, coalesce(
    (SELECT m.name FROM staff_member m WHERE m.phone = p.phone ORDER BY m.id LIMIT 1),
    (SELECT c.name FROM customer c WHERE c.phone = p.phone AND c.kind = 'residential'
     ORDER BY c.id LIMIT 1)) AS name
  FROM person p WHERE p.phone = ANY($1) ORDER BY p.id
)
UPDATE person SET name = left(named.name, 100) FROM named
WHERE person.id = named.id AND person.name IS DISTINCT FROM left(named.name, 100)"""

WITHDRAW = """
DELETE FROM access a USING customer c, person p
WHERE a.customer = c.id AND p.id = a.person AND a.source = 'phone'
  AND c.id = ANY($1) AND p.phone IS DISTINCT FROM c.phone"""

GRANT = """
INSERT INTO access (id, person, customer, role, source, created_at)
SELECT gen_random_uuid(), p.id, c.id, 'owner', 'phone', $2
FROM customer c JOIN person p ON p.phone = c.phone
WHERE c.id = ANY($1) ORDER BY p.id, c.id
ON CONFLICT (person, customer) WHERE customer IS NOT NULL DO UPDATE
SET role = 'owner', source = 'phone', granted_by = NULL, expires_at = NULL
WHERE access.source <> 'phone'"""

OF_PHONE = "SELECT id FROM customer WHERE phone = $1 ORDER BY id"

# The proof was given to see the former customer's supply, not whoever lives there now.
END_PROOFS = """
DELETE FROM access a
USING unnest($1::text[], $2::text[]) AS moved (usage_point, customer), usage_point u
WHERE u.id = moved.usage_point AND u.customer <> moved.customer AND a.usage_point = u.id"""


async def follow_customers(connection: Any, ids: list[str], phones: list[str]) -> None:
    """After the feed changed these customers: persons for their phones, access as they now say."""
    await meet(connection, phones)
    await connection.execute(WITHDRAW, ids)
    await connection.execute(GRANT, ids, clock.now())


async def meet(connection: Any, phones: list[str]) -> None:
    """Persons for these phones, named; an inbox and messages exist before the first sign-in."""
    await connection.execute(MEET, phones, clock.now())
    await connection.execute(NAME, phones)


async def grant_by_phone(connection: Any, phone: str) -> None:
    """At sign-in: whatever the feed gave this phone is open now."""
    ids = [row["id"] for row in await connection.fetch(OF_PHONE, phone)]
    await connection.execute(GRANT, ids, clock.now())


async def end_proofs(connection: Any, points: list[str], customers: list[str]) -> None:
    """Before usage points get these customers: who proved something to another one loses sight."""
    await connection.execute(END_PROOFS, points, customers)
