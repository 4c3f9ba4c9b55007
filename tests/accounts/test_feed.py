"""Customers, usage points and staff from the feed, and the access that follows their phones."""

import asyncio

import msgspec
import pytest

from backend.accounts import service
from backend.accounts.access import readable
from backend.accounts.schemas import FeedCustomer, FeedUsagePoint
from backend.accounts.tables import Person, UsagePoint
from backend.core.feed import Outcome, Row
from tests.accounts.given import (
    NO,
    OTHER_NO,
    OTHER_PHONE,
    PHONE,
    caller,
    customer,
    fed,
    household,
    member,
    sql,
    usage_point,
)

pytestmark = pytest.mark.usefixtures("db")


async def sees(phone: str) -> set[str]:
    found = await Person.select(Person.id).where(Person.phone == phone).first()
    rows = await UsagePoint.select().where(readable(UsagePoint, found["id"]))
    return {row["id"] for row in rows}


def outcomes(verdicts) -> list[str]:
    return [f"{one.id} {one.outcome}" for one in sorted(verdicts, key=lambda one: one.line)]


async def test_the_same_rows_again_change_nothing():
    rows = customer(), usage_point(), member()
    await fed(*rows)

    assert {one.outcome for one in await fed(*rows)} == {Outcome.unchanged}


async def test_a_changed_field_is_an_update_and_only_its_row():
    await household()

    verdicts = await fed(customer(), customer("C2", name="李明明", phone=OTHER_PHONE))

    assert outcomes(verdicts) == ["C1 unchanged", "C2 updated"]


async def test_a_usage_point_without_its_customer_is_refused_alone():
    await fed(customer())

    verdicts = await fed(usage_point(), usage_point(OTHER_NO, "C404"))

    assert outcomes(verdicts) == [f"{NO} created", f"{OTHER_NO} rejected"]
    assert verdicts[-1].field == "customer_id"
    assert [row["id"] for row in await sql("SELECT id FROM usage_point")] == [NO]


async def test_an_id_twice_in_a_batch_is_taken_in_order():
    verdicts = await fed(customer(name="甲"), customer(name="乙"), customer(name="乙"))

    assert outcomes(verdicts) == ["C1 created", "C1 updated", "C1 unchanged"]
    assert [row["name"] for row in await sql("SELECT name FROM customer")] == ["乙"]


async def test_batches_side_by_side_end_in_one_state():
    rows = [customer(f"C{n}", phone=f"138{n:08d}") for n in range(40)]

    await asyncio.gather(*(fed(*rows[shift:], *rows[:shift]) for shift in (0, 13, 27)))

    assert len(await sql("SELECT 1 FROM access")) == len(await sql("SELECT 1 FROM person")) == 40


async def test_the_phone_of_a_customer_becomes_a_person_who_sees_its_usage_points():
    await household()

    assert await sees(PHONE) == {NO}
    assert [row["name"] for row in await sql("SELECT name FROM person ORDER BY phone")] == [
        "张桂兰",
        "李明",
    ]


async def test_a_changed_phone_moves_the_access():
    await household()

    await fed(customer(phone="13900000009"))

    assert await sees(PHONE) == set()
    assert await sees("13900000009") == {NO}
    assert (await sql("SELECT name FROM person WHERE phone = $1", PHONE))[0]["name"] is None


async def test_a_removed_phone_ends_the_access():
    await household()

    await fed(customer(phone=None))

    assert await sees(PHONE) == set()


async def test_one_phone_may_open_several_customers():
    await fed(customer(), customer("C9", kind="commercial"), usage_point())
    await fed(usage_point("3205110999", "C9"))

    assert await sees(PHONE) == {NO, "3205110999"}


async def test_a_landline_is_kept_but_nobody_signs_in_with_it():
    await fed(customer(phone="0512-1234567"))

    assert [row["phone"] for row in await sql("SELECT phone FROM customer")] == ["0512-1234567"]
    assert await sql("SELECT 1 FROM person") == []


async def test_a_mobile_number_is_kept_as_people_sign_in_with_it():
    await fed(customer(phone="+86 138 0000 0001"), usage_point())

    assert await sees(PHONE) == {NO}


async def test_a_company_gives_its_contact_no_name():
    await fed(customer(name="青禾精密制造有限公司", kind="industrial"))

    assert (await sql("SELECT name FROM person"))[0]["name"] is None


async def test_staff_are_called_as_in_the_staff_list():
    await fed(customer(phone="13800000102"), member())

    assert (await sql("SELECT name FROM person"))[0]["name"] == "王强"


async def test_proofs_end_when_a_usage_point_gets_another_customer():
    await household()
    person = (await caller(OTHER_PHONE)).person_id
    await sql(
        """INSERT INTO access (id, person, usage_point, role, source, created_at)
        VALUES (gen_random_uuid(), $1, $2, 'member', 'proof', now())""",
        person,
        NO,
    )
    await fed(usage_point(address="新址"))
    assert await sees(OTHER_PHONE) == {NO, OTHER_NO}

    await fed(customer("C3", phone="13900000003"), usage_point(NO, "C3"))

    assert await sees(OTHER_PHONE) == {OTHER_NO}
    assert await sees(PHONE) == set()
    assert await sees("13900000003") == {NO}


GOOD_CUSTOMER = {"id": "C1", "name": "张桂兰", "kind": "residential"}
GOOD_POINT = msgspec.to_builtins(usage_point())


@pytest.mark.parametrize(
    ("kind", "good", "wrong"),
    [
        *(
            (FeedCustomer, GOOD_CUSTOMER, wrong)
            for wrong in (
                {"id": ""},
                {"id": "C" * 41},
                {"id": "C 1"},
                {"id": 1},
                {"name": ""},
                {"name": "名" * 201},
                {"name": "a\x00b"},
                {"kind": "alien"},
                {"phone": ""},
                {"phone": "1" * 21},
                {"phone": "call me"},
                {"manager": "M" * 41},
                {"colour": "red"},
            )
        ),
        *(
            (FeedUsagePoint, GOOD_POINT, wrong)
            for wrong in (
                {"id": "12345678901234567890x"},
                {"customer_id": None},
                {"address": "路" * 301},
                {"area": ""},
                {"lat": 91},
                {"lon": -181},
                {"voltage": "230V"},
                {"capacity_kva": -1},
                {"capacity_kva": 10**9},
                {"capacity_kva": "8"},
                {"meter": "12"},
                {"household_size": 101},
                {"household_size": 2.5},
                {"priority": "vip"},
            )
        ),
    ],
)
def test_a_field_outside_its_limits_is_no_row(kind, good, wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(good | wrong), type=kind)

    msgspec.json.decode(msgspec.json.encode(good), type=kind)


async def test_two_thousand_rows_are_one_batch():
    rows = [Row(n, customer(f"C{n:05d}", phone=None)) for n in range(2000)]

    verdicts = await service.accept_customers(rows)

    assert {one.outcome for one in verdicts} == {Outcome.created}
    assert [one.line for one in verdicts] == list(range(2000))
