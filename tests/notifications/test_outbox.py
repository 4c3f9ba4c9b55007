"""Who is told, once, by which channel and when."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.core import db as database
from backend.core.clock import frozen
from backend.notifications import service
from backend.notifications.messages import UnknownMessage
from backend.notifications.schemas import SetPreferences, Topic, Urgency
from tests.notifications.conftest import (
    NOON,
    fetch,
    give_access,
    make_customer,
    make_person,
    notice,
    states,
    subscribe,
)

pytestmark = pytest.mark.usefixtures("db", "noon")


async def test_a_notice_reaches_everyone_with_access_to_the_customer_once():
    await make_customer("C1")
    mother, daughter, stranger = [await make_person(f"1380000000{n}") for n in (1, 2, 3)]
    await give_access(mother, customer="C1")
    await give_access(daughter, customer="C1")

    told = await service.notify([notice(customer="C1")])

    assert told == 2
    assert await service.unread_count(mother.person_id) == 1
    assert await service.unread_count(daughter.person_id) == 1
    assert await service.unread_count(stranger.person_id) == 0


async def test_the_same_notice_twice_is_one_row():
    anna = await make_person()

    first = await service.notify([notice(person=anna.person_id)])
    again = await service.notify([notice(person=anna.person_id), notice(person=anna.person_id)])

    assert (first, again) == (1, 0)
    assert len(await fetch("SELECT FROM notification")) == 1


async def test_the_same_key_is_news_to_another_person():
    anna, ben = await make_person("13800000001"), await make_person("13800000002")

    await service.notify([notice(person=anna.person_id)])

    assert await service.notify([notice(person=ben.person_id)]) == 1


async def test_a_usage_points_news_reaches_its_people_and_the_customers_but_not_the_neighbours():
    await make_customer("C1", ("3201001", "3201002"))
    tenant, neighbour, owner = [await make_person(f"1380000000{n}") for n in (1, 2, 3)]
    await give_access(tenant, usage_point="3201001")
    await give_access(neighbour, usage_point="3201002")
    await give_access(owner, customer="C1")

    assert await service.notify([notice(usage_point="3201001")]) == 2

    assert await service.unread_count(neighbour.person_id) == 0


async def test_access_that_has_run_out_reaches_nobody():
    await make_customer("C1")
    helper = await make_person()
    await give_access(helper, customer="C1", expires_at=NOON - timedelta(seconds=1))

    assert await service.notify([notice(customer="C1")]) == 0


async def test_a_person_reached_in_two_ways_is_told_once():
    await make_customer("C1", ("3201001",))
    anna = await make_person()
    await give_access(anna, customer="C1")
    await give_access(anna, usage_point="3201001")

    await service.notify([notice(customer="C1", usage_point="3201001", person=anna.person_id)])

    assert await service.unread_count(anna.person_id) == 1


async def test_what_is_rolled_back_was_never_told():
    anna = await make_person()

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await service.notify([notice(person=anna.person_id)])
            raise ZeroDivisionError

    assert await service.unread_count(anna.person_id) == 0


async def test_two_thousand_notices_are_a_few_statements():
    anna = await make_person()
    many = [notice(f"K{n}", person=anna.person_id) for n in range(2000)]

    seen: list[str] = []

    async with database.transaction() as connection:
        with connection.query_logger(lambda record: seen.append(record.query)):
            await service.notify(many)

    assert await service.unread_count(anna.person_id) == 2000
    assert len(seen) == 5  # savepoint, everything, hints, wake, release


async def test_every_live_device_gets_a_delivery(push_service):
    anna = await make_person()
    await subscribe(anna, push_service)
    await subscribe(anna, push_service)

    await service.notify([notice(person=anna.person_id, matters=True)])

    assert await states("push") == ["pending", "pending"]
    assert await states("sms") == []


async def test_news_that_matters_goes_by_text_where_no_push_can():
    anna = await make_person()

    await service.notify([notice("K1", person=anna.person_id, matters=True)])
    await service.notify([notice("K2", person=anna.person_id, matters=False)])

    assert await states("sms") == ["pending"]


async def test_bills_do_not_go_by_text_unless_asked_for():
    anna = await make_person()
    await service.notify([notice("K1", person=anna.person_id, topic=Topic.bill, matters=True)])
    assert await states("sms") == []

    await service.set_preferences(anna, SetPreferences(on=["bill:sms"]))
    await service.notify([notice("K2", person=anna.person_id, topic=Topic.bill, matters=True)])

    assert await states("sms") == ["pending"]


async def test_who_switched_push_off_for_a_topic_gets_none_but_the_inbox_has_all(push_service):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.set_preferences(anna, SetPreferences(on=["outage:push"]))

    await service.notify([notice(person=anna.person_id, matters=True)])
    await service.notify([notice("K2", person=anna.person_id, topic=Topic.outage)])

    assert await states("push") == ["pending"]
    assert await states("sms") == []
    assert await service.unread_count(anna.person_id) == 2


def _china(hour: int, minute: int = 0, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("quiet", "at", "due"),
    [
        (None, _china(12), _china(12)),
        (None, _china(21, 59), _china(21, 59)),
        (None, _china(22), _china(7, day=23)),
        (None, _china(23, 30), _china(7, day=23)),
        (None, _china(0), _china(7)),
        (None, _china(6, 59), _china(7)),
        (None, _china(7), _china(7)),
        (("13:00", "15:00"), _china(14), _china(15)),
        (("13:00", "15:00"), _china(23), _china(23)),
        (("", ""), _china(3), _china(3)),
    ],
)
async def test_quiet_hours_put_a_push_off_until_they_end(push_service, quiet, at, due):
    anna = await make_person()
    await subscribe(anna, push_service)
    if quiet is not None:
        start, end = (text or None for text in quiet)
        await service.set_preferences(
            anna, SetPreferences(on=["application:push"], quiet_from=start, quiet_to=end)
        )

    with frozen(at):
        await service.notify([notice(person=anna.person_id)])

    (row,) = await fetch("SELECT due_at FROM delivery")
    assert row["due_at"] == due
    assert await service.unread_count(anna.person_id) == 1


async def test_safety_does_not_wait_for_the_morning(push_service):
    anna = await make_person()
    await subscribe(anna, push_service)
    with frozen(_china(2)):
        await service.notify([notice(person=anna.person_id, safety=True, urgency=Urgency.high)])

    (row,) = await fetch("SELECT due_at, priority FROM delivery")
    assert (row["due_at"], row["priority"]) == (_china(2), 0)


async def test_a_notice_lives_as_long_as_its_topic_unless_it_says_so():
    anna = await make_person()
    until = NOON + timedelta(hours=1)

    await service.notify([notice("K1", person=anna.person_id, matters=True)])
    await service.notify([notice("K2", person=anna.person_id, matters=True, expires_at=until)])

    rows = await fetch("SELECT expires_at FROM delivery ORDER BY id")
    assert [row["expires_at"] for row in rows] == [NOON + timedelta(days=7), until]


@pytest.mark.parametrize(
    ("message", "params"), [("nowhere", {}), ("news", {}), ("news", {"no": "A1"})]
)
async def test_a_missing_wording_or_param_fails_where_it_is_told(message, params):
    anna = await make_person()

    with pytest.raises(UnknownMessage):
        await service.notify([notice(person=anna.person_id, message=message, params=params)])


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "applications", ""])
async def test_a_notice_leads_only_to_our_own_pages(url):
    anna = await make_person()

    with pytest.raises(ValueError, match="path"):
        await service.notify([notice(person=anna.person_id, url=url)])


async def test_open_pages_of_the_person_and_of_the_thing_are_hinted():
    anna = await make_person()
    heard: list[str] = []
    listener = await database.direct_connection()
    await listener.add_listener("live", lambda *facts: heard.append(facts[3]))

    await service.notify([notice(person=anna.person_id)])
    await listener.fetchval("SELECT 1")

    assert sorted(heard) == ["application:A1", f"person:{anna.person_id}"]
    await listener.close()
