"""The inbox, devices and preferences of one person, and nobody else's."""

import pytest

from backend.core.errors import Invalid, NotFound
from backend.core.i18n import using
from backend.notifications import service
from backend.notifications.rules import Topic
from backend.notifications.schemas import MarkRead, PushKeys, SetPreferences, Subscribe
from tests.notifications.conftest import NOON, fetch, make_person, notice, states, subscribe
from tests.push_crypto import base64url

pytestmark = pytest.mark.usefixtures("db", "noon")


async def test_the_inbox_has_the_newest_first_in_the_readers_language():
    anna = await make_person()
    await service.notify([notice("K1", person=anna.person_id)])
    await service.notify([notice("K2", person=anna.person_id, message="notifications_test")])

    with using("en"):
        found = await service.inbox(anna)

    assert [item.title for item in found.items] == ["Notifications are on", "有一条消息"]
    assert found.items[0].happened_at == NOON
    assert (found.unread, found.next) == (2, None)


async def test_older_pages_follow_without_gaps():
    anna = await make_person()
    await service.notify([notice(f"K{n}", person=anna.person_id) for n in range(70)])

    seen, cursor = [], None
    while True:
        found = await service.inbox(anna, cursor)
        seen += [item.id for item in found.items]
        cursor = found.next
        if cursor is None:
            break

    assert len(seen) == 70
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 40, "١", "1; drop table person"])
async def test_a_cursor_of_someones_invention_is_harmless(cursor):
    anna = await make_person()
    await service.notify([notice(person=anna.person_id)])

    assert len((await service.inbox(anna, cursor)).items) in (0, 1)


async def test_opening_a_notification_reads_it_and_tells_where_it_leads():
    anna = await make_person()
    await service.notify([notice("K1", person=anna.person_id)])
    await service.notify([notice("K2", person=anna.person_id)])
    newest = (await service.inbox(anna)).items[0]

    assert await service.open_notification(anna, newest.id) == "/applications/A1"

    assert [item.unread for item in (await service.inbox(anna)).items] == [False, True]
    assert await service.unread_count(anna.person_id) == 1


async def test_all_can_be_read_at_once():
    anna, ben = await make_person("13800000001"), await make_person("13800000002")
    for one in (anna, ben):
        await service.notify([notice(person=one.person_id)])

    assert await service.mark_read(anna, MarkRead()) == 0

    assert await service.unread_count(ben.person_id) == 1


async def test_a_strangers_notification_does_not_exist():
    anna, ben = await make_person("13800000001"), await make_person("13800000002")
    await service.notify([notice(person=anna.person_id)])
    annas = (await service.inbox(anna)).items[0]

    with pytest.raises(NotFound):
        await service.open_notification(ben, annas.id)

    assert (await service.inbox(ben)).items == []
    assert await service.unread_count(anna.person_id) == 1


async def test_a_strangers_device_does_not_exist(push_service):
    anna, ben = await make_person("13800000001"), await make_person("13800000002")
    browser = await subscribe(anna, push_service)
    (device,) = await service.devices(anna)

    with pytest.raises(NotFound):
        await service.unsubscribe(ben, browser.endpoint)
    with pytest.raises(NotFound):
        await service.remove_device(ben, device.id)

    assert await service.devices(ben) == []
    assert len(await service.devices(anna)) == 1


async def test_a_browser_that_says_again_it_is_there_is_one_device(push_service):
    anna = await make_person()
    browser = await subscribe(anna, push_service)
    keys = PushKeys(**browser.keys)
    await service.unsubscribe(anna, browser.endpoint)
    assert await service.devices(anna) == []

    for _visit in range(3):
        await service.subscribe(anna, Subscribe(endpoint=browser.endpoint, keys=keys))

    (device,) = await service.devices(anna)
    assert device.current
    assert device.name == "test"  # what its session was called


async def test_a_changed_subscription_takes_the_place_of_the_old_one(push_service):
    anna = await make_person()
    old = await subscribe(anna, push_service)
    new = push_service.subscribe(service.push_key().key)

    await service.subscribe(
        anna,
        Subscribe(endpoint=new.endpoint, keys=PushKeys(**new.keys), old_endpoint=old.endpoint),
    )

    rows = await fetch("SELECT endpoint FROM push_subscription WHERE gone_at IS NULL")
    assert [row["endpoint"] for row in rows] == [new.endpoint]


async def test_devices_end_with_their_session(push_service):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.notify([notice(person=anna.person_id)])

    await service.forget_session(anna.session_id)

    assert await service.devices(anna) == []


async def test_a_person_has_at_most_twenty_devices(push_service):
    anna = await make_person()
    for _ in range(23):
        await subscribe(anna, push_service)

    assert len(await service.devices(anna)) == 20


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("endpoint", {"endpoint": "https://169.254.169.254/latest"}),
        ("keys", {"keys": PushKeys(p256dh=base64url(b"\4" + b"\1" * 64), auth="x" * 22)}),
        ("vapid_key", {"vapid_key": "of-another-server"}),
    ],
)
async def test_a_subscription_we_could_not_serve_is_refused(push_service, field, change):
    anna = await make_person()
    made = push_service.subscribe()
    given = {"endpoint": made.endpoint, "keys": PushKeys(**made.keys)}

    with pytest.raises(Invalid) as refusal:
        await service.subscribe(anna, Subscribe(**(given | change)))

    assert refusal.value.field == field
    assert await service.devices(anna) == []


async def test_at_first_everything_is_on_but_bills_by_text_and_nights_are_quiet():
    found = await service.preferences(await make_person())

    off = {
        f"{topic.code}:{cell.channel}"
        for topic in found.topics
        for cell in topic.channels
        if not cell.on
    }
    assert off == {"bill:sms"}
    assert (found.quiet_from, found.quiet_to) == ("22:00", "07:00")
    assert [topic.code for topic in found.topics] == list(Topic)
    assert [channel.code for channel in found.channels] == ["inbox", "push", "sms"]


async def test_what_is_chosen_is_kept_and_the_inbox_cannot_be_switched_off():
    anna = await make_person()

    await service.set_preferences(
        anna,
        SetPreferences(on=["outage:push", "bill:sms"], quiet_from="23:30", quiet_to="06:15"),
    )
    found = await service.preferences(anna)

    on = {
        f"{topic.code}:{cell.channel}"
        for topic in found.topics
        for cell in topic.channels
        if cell.on and not cell.fixed
    }
    assert on == {"outage:push", "bill:sms"}
    assert all(topic.channels[0].on and topic.channels[0].fixed for topic in found.topics)
    assert (found.quiet_from, found.quiet_to) == ("23:30", "06:15")


async def test_no_quiet_hours_is_a_choice_too():
    anna = await make_person()

    found = await service.set_preferences(anna, SetPreferences(on=[]))

    assert (found.quiet_from, found.quiet_to) == ("", "")


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (SetPreferences(on=["weather:push"]), "on"),
        (SetPreferences(on=[], quiet_from="22:00"), "quiet_to"),
        (SetPreferences(on=[], quiet_to="07:00"), "quiet_from"),
    ],
)
async def test_half_a_choice_is_refused(command, field):
    with pytest.raises(Invalid) as refusal:
        await service.set_preferences(await make_person(), command)

    assert refusal.value.field == field


async def test_a_test_message_reaches_ones_own_devices_and_costs_no_text(push_service):
    anna = await make_person()
    await subscribe(anna, push_service)

    await service.send_test(anna)
    await service.send_test(anna)

    assert await states("push") == ["pending"]
    assert await states("sms") == []


async def test_staff_see_how_a_notice_went_without_the_number(push_service):
    anna = await make_person()
    await service.notify([notice(person=anna.person_id, matters=True)])

    (line,) = await service.delivery_report("application:A1")

    assert line.phone_masked == "138****0001"
    assert (line.channel, line.state) == ("sms", "pending")
    assert await service.delivery_counts() == {("sms", "pending"): 1}
