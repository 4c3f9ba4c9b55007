"""The pages of notifications work with forms and links alone."""

import re

import pytest

from backend.notifications import service
from backend.notifications.schemas import PushKeys, Subscribe
from tests.notifications.conftest import caller_of, fetch, notice
from tests.people import sign_in

ANNA, BEN = "13800000001", "13800000002"


@pytest.fixture
async def anna(client):
    """Anna's browser is signed in; this is her id."""
    await sign_in(client, ANNA)
    return await _person(ANNA)


async def _person(phone: str):
    (row,) = await fetch("SELECT id FROM person WHERE phone = $1", phone)
    return row["id"]


@pytest.mark.parametrize("path", ["/notifications", "/notifications/settings", "/notifications/1"])
async def test_without_signing_in_it_asks_to(client, path):
    response = await client.get(path)

    assert response.status_code == 303
    assert response.headers["location"] == f"/sign-in?next={path}"


async def test_an_empty_inbox_says_what_will_come(client, anna):
    page = await client.get("/notifications")

    assert page.status_code == 200
    assert "还没有消息" in page.text
    assert page.headers["x-offline"] == "keep"


async def test_the_inbox_shows_what_is_unread_and_leads_on(client, anna):
    await service.notify([notice(person=anna)])
    page = await client.get("/notifications")
    link = re.search(r'href="(/notifications/\d+)"', page.text)
    assert link, page.text
    assert "有一条消息" in page.text
    assert "未读" in page.text

    opened = await client.get(link[1])

    assert opened.status_code == 303
    assert opened.headers["location"] == "/applications/A1"
    assert await service.unread_count(anna) == 0


async def test_all_are_read_with_one_button(client, anna):
    await service.notify([notice(f"K{n}", person=anna) for n in range(3)])

    response = await client.post("/notifications/reading")

    assert response.headers["location"] == "/notifications"
    assert await service.unread_count(anna) == 0


async def test_older_pages_are_links(client, anna):
    await service.notify([notice(f"K{n}", person=anna) for n in range(35)])

    first = await client.get("/notifications")
    older = re.search(r'href="(/notifications\?cursor=\d+)"', first.text)
    assert older

    second = await client.get(older[1])

    assert len(re.findall(r'href="/notifications/\d+"', second.text)) == 5
    assert "x-offline" not in second.headers


@pytest.mark.parametrize("path", ["/notifications/999999", "/notifications/9" + "9" * 30])
async def test_a_notification_that_is_not_there_is_404(client, anna, path):
    assert (await client.get(path)).status_code == 404


async def test_somebody_elses_notification_is_404(client, anna, another_client):
    await service.notify([notice(person=anna)])
    (row,) = await fetch("SELECT id FROM notification")

    async with another_client() as other:
        await sign_in(other, BEN)
        response = await other.get(f"/notifications/{row['id']}")

    assert response.status_code == 404
    assert await service.unread_count(anna) == 1


async def test_settings_are_saved_from_the_form(client, anna):
    page = await client.get("/notifications/settings")
    assert page.status_code == 200
    assert 'value="22:00"' in page.text

    saved = await client.post(
        "/notifications/settings",
        data={"on": ["outage:push", "application:sms"], "quiet_from": "", "quiet_to": ""},
    )
    again = await client.get("/notifications/settings")

    assert saved.status_code == 303
    checked = set(re.findall(r'value="([a-z]+:[a-z]+)" checked', again.text))
    assert checked == {"outage:push", "application:sms"}
    assert 'value="22:00"' not in again.text


async def test_no_box_at_all_is_a_choice(client, anna):
    response = await client.post(
        "/notifications/settings", data={"quiet_from": "22:00", "quiet_to": "07:00"}
    )

    assert response.status_code == 303
    rows = await fetch("SELECT enabled FROM notification_preference")
    assert {row["enabled"] for row in rows} == {False}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"quiet_from": "22:00"}, "一起填写"),
        ({"quiet_from": "25:00", "quiet_to": "07:00"}, "格式不对"),
    ],
)
async def test_half_a_night_comes_back_with_what_was_typed(client, anna, data, words):
    response = await client.post("/notifications/settings", data=data)

    assert response.status_code == 422
    assert words in response.text
    assert f'value="{data["quiet_from"]}"' in response.text


async def test_what_was_ticked_is_kept_when_something_else_is_wrong(client, anna):
    response = await client.post(
        "/notifications/settings", data={"on": ["bill:sms"], "quiet_from": "22:00"}
    )

    checked = set(re.findall(r'value="([a-z]+:[a-z]+)" checked', response.text))
    assert checked == {"bill:sms"}


async def test_a_device_is_removed_with_a_button_and_a_strangers_is_404(
    client, anna, another_client, push_service
):
    (session,) = await fetch("SELECT id FROM session")
    caller = caller_of(anna, session["id"], ANNA)
    made = push_service.subscribe(service.push_key().key)
    device = await service.subscribe(
        caller, Subscribe(endpoint=made.endpoint, keys=PushKeys(**made.keys))
    )
    path = f"/notifications/devices/{device.id}/removal"
    assert path in (await client.get("/notifications/settings")).text

    async with another_client() as other:
        await sign_in(other, BEN)
        assert (await other.post(path)).status_code == 404
    removed = await client.post(path)

    assert removed.status_code == 303
    assert await service.devices(caller) == []
    assert (await client.post(path)).status_code == 404


async def test_a_test_message_appears_at_once(client, anna):
    response = await client.post("/notifications/test")

    assert response.headers["location"] == "/notifications"
    assert "通知已经开通" in (await client.get("/notifications")).text
