"""caller.rows: exactly what the grants say, for every kind of table and every permission."""

from uuid import UUID, uuid4

import msgspec
import pytest
from piccolo.columns import ForeignKey, Varchar
from piccolo.table import Table

from backend.accounts.access import Caller, Owner, owner_of, readable, readable_sql
from backend.accounts.rules import CallerKind, Permission
from backend.accounts.tables import (
    Access,
    Customer,
    Person,
    Session,
    StaffMember,
    UsagePoint,
)
from backend.core import db as database
from backend.core.queries import P, Q
from tests.accounts.given import NO, OTHER_NO, PHONE, customer, fed, household, sql, usage_point


class Meeting(Table):
    """Owned like a case: by a customer, or by one usage point."""

    id = Varchar(primary_key=True)
    customer = ForeignKey(Customer)
    usage_point = ForeignKey(UsagePoint)


class MeetingNote(Table):
    meeting = ForeignKey(Meeting)


class Photo(Table):
    usage_point = ForeignKey(UsagePoint)


class Letter(Table):
    person = ForeignKey(Person)
    meeting = ForeignKey(Meeting)


class Postcard(Table):
    owned_by = "meeting"
    person = ForeignKey(Person)
    meeting = ForeignKey(Meeting)


def caller(person: UUID) -> Caller:
    return Caller(
        person_id=person,
        session_id=uuid4(),
        phone=PHONE,
        name="",
        locale="zh-CN",
        kind=CallerKind.cookie,
    )


async def person(phone: str = "13900000009") -> Caller:
    row = await sql(
        "INSERT INTO person (id, phone, created_at) VALUES ($1, $2, now()) RETURNING id",
        uuid4(),
        phone,
    )
    return caller(row[0]["id"])


async def grant(who: Caller, role: str, **to: str) -> None:
    await sql(
        """INSERT INTO access (id, person, customer, usage_point, role, source, created_at)
        VALUES (gen_random_uuid(), $1, $2, $3, $4, 'delegation', now())""",
        who.person_id,
        to.get("customer"),
        to.get("usage_point"),
        role,
    )


async def ids(who: Caller, table: type[Table], permission="read") -> set[str]:
    return {row["id"] for row in await who.rows(table, permission)}


async def test_nobody_sees_anything_without_a_grant(db):
    await household()
    me = await person()

    assert await ids(me, UsagePoint) == await ids(me, Customer) == await ids(me, Access) == set()


async def test_a_customer_opens_all_its_usage_points(db):
    await household()
    await fed(usage_point("3205110999"))
    me = await person()

    await grant(me, "viewer", customer="C1")

    assert await ids(me, UsagePoint) == {NO, "3205110999"}
    assert await ids(me, Customer) == {"C1"}


async def test_a_usage_point_opens_itself_and_not_its_customer(db):
    await household()
    me = await person()

    await grant(me, "viewer", usage_point=OTHER_NO)

    assert await ids(me, UsagePoint) == {OTHER_NO}
    assert await ids(me, Customer) == set()


@pytest.mark.parametrize(
    ("role", "permissions"),
    [("viewer", {"read"}), ("member", {"read", "act"}), ("owner", {"read", "act", "manage"})],
)
async def test_a_role_permits_what_it_permits(db, role, permissions):
    await household()
    me = await person()
    await grant(me, role, usage_point=NO)

    assert {one.value for one in Permission if await ids(me, UsagePoint, one)} == permissions


async def test_a_grant_ends_when_it_expires(db):
    await household()
    me = await person()
    await grant(me, "owner", customer="C1")

    await sql("UPDATE access SET expires_at = now() WHERE person = $1", me.person_id)

    assert await ids(me, UsagePoint) == set()


async def test_a_person_sees_only_their_own_rows(db):
    await household()
    me = await person()

    assert await ids(me, Person) == {me.person_id}


async def test_a_compiled_query_has_the_same_rows(db):
    class Found(msgspec.Struct):
        id: str

    await household()
    me = await person()
    await grant(me, "viewer", usage_point=NO)
    query = Q(
        UsagePoint.select(UsagePoint.id).where(readable(UsagePoint, P(0)), UsagePoint.area == P(1)),
        into=Found,
    )

    async with database.connection() as connection:
        found = await query.all(connection, me.person_id, "青禾花园")
        others = await query.all(connection, uuid4(), "青禾花园")

    assert [row.id for row in found] == [NO]
    assert others == []


async def test_so_has_the_fragment_for_statements_written_by_hand(db):
    await household()
    me = await person()
    await grant(me, "viewer", customer="C1")
    fragment = readable_sql(UsagePoint, "$1", alias="u")

    rows = await sql(f"SELECT u.id FROM usage_point u WHERE {fragment}", me.person_id)  # noqa: S608

    assert [row["id"] for row in rows] == [NO]


@pytest.fixture
async def meetings(db: None):
    """A table of a later slice, with rows of a customer, of a usage point, and of both."""
    tables = (Meeting, MeetingNote, Photo)
    for table in tables:
        await table.create_table()
    await household()
    await fed(customer("C3", phone=None))
    for key, owner, point in (
        ("of C1", "C1", None),
        ("at NO", None, NO),
        ("of C3 at NO", "C3", NO),
        ("of C2", "C2", OTHER_NO),
    ):
        await sql(
            "INSERT INTO meeting (id, customer, usage_point) VALUES ($1, $2, $3)", key, owner, point
        )
        await sql("INSERT INTO meeting_note (meeting) VALUES ($1)", key)
    for point in (NO, OTHER_NO):
        await sql("INSERT INTO photo (usage_point) VALUES ($1)", point)
    yield
    for table in reversed(tables):
        await table.alter().drop_table()


async def test_rows_of_a_customer_or_a_usage_point_follow_the_grant_for_each(meetings):
    of_customer, at_point = await person(), await person("13900000010")
    await grant(of_customer, "viewer", customer="C1")
    await grant(at_point, "viewer", usage_point=NO)

    assert await ids(of_customer, Meeting) == {"of C1"}
    assert await ids(at_point, Meeting) == {"at NO", "of C3 at NO"}


async def test_rows_of_a_usage_point_alone_follow_both_grants(meetings):
    of_customer, at_point = await person(), await person("13900000010")
    await grant(of_customer, "viewer", customer="C1")
    await grant(at_point, "viewer", usage_point=OTHER_NO)

    assert [row["usage_point"] for row in await of_customer.rows(Photo)] == [NO]
    assert [row["usage_point"] for row in await at_point.rows(Photo)] == [OTHER_NO]


async def test_rows_of_a_row_follow_it(meetings):
    me = await person()
    await grant(me, "viewer", usage_point=NO)

    notes = await me.rows(MeetingNote)

    assert {row["meeting"] for row in notes} == {"at NO", "of C3 at NO"}


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        (Customer, Owner(customer="id")),
        (UsagePoint, Owner(customer="customer", usage_point="id")),
        (Person, Owner(person="id")),
        (Access, Owner(person="person")),
        (Session, Owner(person="person")),
        (Meeting, Owner(customer="customer", usage_point="usage_point")),
        (Photo, Owner(usage_point="usage_point")),
        (Letter, Owner(person="person")),
        (StaffMember, None),
    ],
)
def test_the_columns_say_whose_a_row_is(table, owner):
    assert owner_of(table) == owner


@pytest.mark.parametrize("table", [MeetingNote, Postcard])
def test_or_the_row_it_belongs_to(table):
    assert owner_of(table).parent is table.meeting


def test_a_table_of_nobody_has_no_rows_of_a_caller():
    with pytest.raises(LookupError):
        caller(uuid4()).rows(StaffMember)
