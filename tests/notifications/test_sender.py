"""What the lanes do with each answer: real database, real encryption, a real (local) push service."""

import json
from datetime import timedelta

import pytest

from backend.core import db as database
from backend.core.clock import frozen
from backend.core.masking import mask_phone
from backend.notifications import service, texter
from backend.notifications.rules import Urgency
from backend.notifications.schemas import PushKeys, Subscribe
from tests.notifications.conftest import (
    NOON,
    fetch,
    make_person,
    notice,
    states,
    subscribe,
)
from tests.push_service import RESET, RESET_AFTER, STALL, Answer, limited

pytestmark = pytest.mark.usefixtures("db", "noon")


async def test_a_message_arrives_encrypted_signed_and_labelled(push_service, sender):
    anna = await make_person()
    browser = await subscribe(anna, push_service)
    await service.notify(
        [
            notice(
                person=anna.person_id,
                message="news",
                params={"no": "A1", "stage": "现场勘查"},
                urgency=Urgency.high,
                expires_at=NOON + timedelta(hours=4),
            )
        ]
    )

    assert await sender.send_due() == 1

    (message,) = push_service.messages
    assert message.endpoint == browser.endpoint
    assert message.payload == {
        "kind": "application",
        "title": "申请 A1 有新进展",
        "body": "现场勘查 已完成。",
        "url": "/applications/A1",
        "tag": "application:A1",
        "ts": int(NOON.timestamp() * 1000),
    }
    assert (message.ttl, message.urgency) == (4 * 3600, "high")
    assert message.topic == sender.vapid.keys.topic("application:A1")
    assert await states() == ["sent"]
    assert await sender.send_due() == 0


async def test_nothing_personal_is_on_the_wire_or_the_lock_screen(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()

    (message,) = push_service.messages
    text = json.dumps(message.payload, ensure_ascii=False)
    for secret in (anna.phone, mask_phone(anna.phone), anna.name, str(anna.person_id)):
        assert secret not in text
    assert "A1" not in (message.topic or "")
    assert message.size < 2048 + 200


async def test_the_message_is_in_the_readers_language(push_service, sender):
    for phone, locale in (("13800000001", "zh-CN"), ("13800000002", "en")):
        reader = await make_person(phone, locale)
        await subscribe(reader, push_service)
        await service.notify([notice(person=reader.person_id, message="notifications_test")])

    await sender.send_due()

    titles = {message.payload["title"] for message in push_service.messages}
    assert titles == {"通知已经开通", "Notifications are on"}


async def test_many_messages_take_one_signature_and_few_connections(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    for number in range(30):
        await service.notify([notice(f"K{number}", person=anna.person_id, tag=f"t{number}")])

    await sender.send_due()
    await sender.send_due()

    assert len(push_service.accepted) == 30
    assert sender.vapid.signatures == 1
    assert push_service.counts["signatures checked"] == 1
    assert push_service.counts["connections"] == 1


async def test_messages_to_one_browser_arrive_in_their_order(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    for number in range(20):
        await service.notify(
            [notice(f"K{number}", person=anna.person_id, url=f"/applications/{number}")]
        )

    await sender.send_due()

    urls = [message.payload["url"] for message in push_service.messages]
    assert urls == [f"/applications/{number}" for number in range(20)]


async def test_what_is_urgent_overtakes_what_is_not(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.notify([notice("bill", person=anna.person_id, urgency=Urgency.low)])
    await service.notify([notice("status", person=anna.person_id)])
    await service.notify([notice("outage", person=anna.person_id, urgency=Urgency.high)])

    for _ in range(3):
        await sender.send_due(limit=1)

    assert [message.urgency for message in push_service.messages] == ["high", "normal", "low"]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_dead_subscription_is_removed_and_text_messages_fall_in(
    push_service, sender, text_messages, status
):
    anna = await make_person()
    browser = await subscribe(anna, push_service)
    browser.for_ever = Answer(status)
    await service.notify([notice("K1", person=anna.person_id, matters=True)])
    await service.notify([notice("K2", person=anna.person_id, matters=False)])

    await sender.send_due()
    await sender.send_due()
    await texter.text_due()

    assert await states("push") == ["dead", "dead"]
    assert await service.devices(anna) == []
    assert [text["to"] for text in text_messages()] == [anna.phone]
    assert await states("sms") == ["sent"]


async def test_no_text_falls_in_while_another_device_can_be_reached(push_service, sender):
    anna = await make_person()
    lost, kept = await subscribe(anna, push_service), await subscribe(anna, push_service)
    lost.for_ever = Answer(410)
    await service.notify([notice(person=anna.person_id, matters=True)])

    await sender.send_due()

    assert sorted(await states("push")) == ["dead", "sent"]
    assert await states("sms") == []
    assert [message.endpoint for message in push_service.accepted] == [kept.endpoint]


async def test_the_next_news_after_a_dead_subscription_goes_by_text(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).for_ever = Answer(410)
    await service.notify([notice("K1", person=anna.person_id)])
    await sender.send_due()

    await service.notify([notice("K2", person=anna.person_id, matters=True)])

    assert await states("sms") == ["pending"]


@pytest.mark.parametrize(
    "asked", [limited(120), limited("Sun, 22 Nov 2026 04:02:00 GMT"), limited(120, 503)]
)
async def test_a_limited_message_waits_as_long_as_it_is_asked_to(push_service, sender, asked):
    anna = await make_person()
    browser = await subscribe(anna, push_service)
    browser.script.append(asked)
    await service.notify([notice(person=anna.person_id)])
    await sender.send_due()

    with frozen(NOON + timedelta(seconds=119)):
        assert await sender.send_due() == 0
    with frozen(NOON + timedelta(seconds=145)):
        assert await sender.send_due() == 1

    assert len(push_service.accepted) == 1
    assert await states() == ["sent"]


async def test_a_retry_does_not_prolong_a_message(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(limited(600))
    await service.notify([notice(person=anna.person_id, expires_at=NOON + timedelta(hours=1))])
    await sender.send_due()

    with frozen(NOON + timedelta(minutes=15)):
        await sender.send_due()

    assert [message.ttl for message in push_service.messages] == [3600, 2700]


@pytest.mark.parametrize("answer", [Answer(500), Answer(502), Answer(408), RESET, STALL])
async def test_an_uncertain_answer_is_tried_again_under_the_same_topic(
    push_service, sender, answer
):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(answer)
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()
    assert await states() == ["pending"]
    with frozen(NOON + timedelta(seconds=3)):
        await sender.send_due()

    assert await states() == ["sent"]
    assert len({message.topic for message in push_service.messages}) == 1


async def test_what_was_accepted_before_the_line_broke_is_only_repeated_never_lost(
    push_service, sender
):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(RESET_AFTER)
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()
    with frozen(NOON + timedelta(seconds=3)):
        await sender.send_due()

    assert len(push_service.accepted) == 2
    assert len({message.topic for message in push_service.accepted}) == 1


async def test_a_stale_message_is_not_sent(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.notify([notice(person=anna.person_id, expires_at=NOON + timedelta(hours=1))])

    with frozen(NOON + timedelta(hours=1)):
        await sender.send_due()

    assert push_service.messages == []
    assert await states() == ["expired"]


async def test_a_service_that_cannot_carry_so_much_gets_the_minimal_text(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(Answer(413))
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()

    first, second = push_service.messages
    assert second.size < first.size
    assert (second.payload["title"], second.payload["body"]) == ("有一条消息", "")
    assert await states() == ["sent"]


async def test_what_is_too_large_even_then_is_closed(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).for_ever = Answer(413)
    await service.notify([notice(person=anna.person_id, matters=True)])

    await sender.send_due()

    assert await states("push") == ["failed"]
    assert await states("sms") == ["pending"]
    assert len(await service.devices(anna)) == 1


@pytest.mark.parametrize("status", [400, 301, 307, 422])
async def test_a_wrong_request_is_not_repeated_and_the_device_is_kept(push_service, sender, status):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(Answer(status))
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()

    assert await states() == ["failed"]
    assert len(push_service.messages) == 1
    assert len(await service.devices(anna)) == 1


async def test_a_disbelieved_token_is_renewed_at_once(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(Answer(403))
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()

    assert sender.vapid.signatures == 2
    assert await states() == ["sent"]


async def test_a_subscription_that_never_believes_us_ends_after_three_tries(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).for_ever = Answer(403)
    await service.notify([notice(person=anna.person_id, matters=True)])

    for minutes in (0, 1, 2):
        assert len(await service.devices(anna)) == 1
        with frozen(NOON + timedelta(minutes=minutes)):
            await sender.send_due()

    assert await service.devices(anna) == []
    assert await states("push") == ["dead"]
    assert await states("sms") == ["pending"]


async def test_when_an_origin_believes_nobody_no_subscription_pays_for_it(push_service, sender):
    people = [await make_person(f"138{n:08}") for n in range(25)]
    for one in people:
        (await subscribe(one, push_service)).for_ever = Answer(403)
        await service.notify([notice(person=one.person_id)])

    for minutes in range(4):
        with frozen(NOON + timedelta(minutes=minutes)):
            await sender.send_due()

    assert set(await states()) == {"pending"}
    live = await fetch("SELECT FROM push_subscription WHERE gone_at IS NULL")
    assert len(live) == 25
    assert sender.windows[push_service.origin].paused_until is not None


async def test_an_origin_that_limits_most_rests_and_nothing_is_lost(push_service, sender):
    people = [await make_person(f"138{n:08}") for n in range(60)]
    for one in people:
        await subscribe(one, push_service)
        await service.notify([notice(person=one.person_id)])
    push_service.script.extend([limited(5)] * 60)

    moment = NOON
    while "pending" in await states():
        await sender.send_due()
        moment += timedelta(seconds=10)
        with frozen(moment):
            await sender.send_due()

    assert len(push_service.by_endpoint()) == 60
    assert len(push_service.accepted) == 60


async def test_news_that_push_cannot_deliver_for_long_goes_by_text(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).for_ever = Answer(500)
    await service.notify([notice(person=anna.person_id, matters=True)])

    for hours in range(10):
        with frozen(NOON + timedelta(hours=hours)):
            await sender.send_due()

    assert await states("push") == ["failed"]
    assert await states("sms") == ["pending"]


async def test_newer_news_replaces_the_undelivered_older_where_the_notice_says_so(
    push_service, sender
):
    anna = await make_person()
    await subscribe(anna, push_service)
    for key in ("K1", "K2", "K3"):
        await service.notify([notice(key, person=anna.person_id, tag="outage:1", replaces=True)])

    await sender.send_due()

    assert await states() == ["superseded", "superseded", "sent"]
    assert await service.unread_count(anna.person_id) == 3


async def test_a_retry_never_arrives_after_newer_news_of_the_same_thing(push_service, sender):
    anna = await make_person()
    (await subscribe(anna, push_service)).script.append(Answer(500))
    await service.notify([notice("K1", person=anna.person_id)])
    await sender.send_due()
    await service.notify([notice("K2", person=anna.person_id)])

    with frozen(NOON + timedelta(seconds=3)):
        await sender.send_due()

    assert await states() == ["superseded", "sent"]


async def test_a_shared_device_wakes_only_who_is_signed_in_now(push_service, sender):
    anna, ben = await make_person("13800000001"), await make_person("13800000002")
    browser = await subscribe(anna, push_service)
    await service.notify([notice(person=anna.person_id, matters=True)])

    keys = PushKeys(**browser.keys)
    await service.subscribe(ben, Subscribe(endpoint=browser.endpoint, keys=keys))
    await sender.send_due()

    assert push_service.messages == []
    assert await states("push") == ["dead"]
    assert await states("sms") == ["pending"]
    assert len(await service.devices(ben)) == 1


async def test_a_subscription_made_for_another_key_is_not_tried(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await fetch("UPDATE push_subscription SET vapid_key = 'of the time before'")
    await service.notify([notice(person=anna.person_id, matters=True)])

    await sender.send_due()

    assert push_service.messages == []
    assert await states("push") == ["dead"]
    assert await service.devices(anna) == []


async def test_an_endpoint_no_longer_allowed_is_not_called(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await fetch("UPDATE push_subscription SET endpoint = 'https://10.0.0.1/x'")
    await service.notify([notice(person=anna.person_id)])

    await sender.send_due()

    assert await states() == ["dead"]


async def test_one_broken_message_does_not_stop_the_others(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    await service.notify([notice("K1", person=anna.person_id, message="broken")])
    await service.notify([notice("K2", person=anna.person_id)])

    await sender.send_due()

    assert await states() == ["failed", "sent"]


async def test_two_lanes_never_send_the_same_message(push_service, sender):
    anna = await make_person()
    await subscribe(anna, push_service)
    for number in range(4):
        await service.notify([notice(f"K{number}", person=anna.person_id)])

    async with database.transaction() as connection:
        held = await connection.fetch(
            "SELECT id FROM delivery ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED"
        )
        assert len(held) == 2
        await _other_lane(sender)

    assert len(push_service.accepted) == 2


async def _other_lane(sender) -> None:
    """As another process would: on a connection of its own."""
    import asyncio
    import contextvars

    await asyncio.create_task(sender.send_due(), context=contextvars.Context())
