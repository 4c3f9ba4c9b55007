"""The JSON addresses: their shapes, their refusals, and nothing of anybody else."""

import pytest

from backend.notifications import service
from tests.notifications.conftest import fetch, notice
from tests.people import bearer, sign_in
from tests.push_service import PushService

ANNA, BEN = "13800000001", "13800000002"


@pytest.fixture
async def anna(client):
    """The headers of a program that acts for Anna, and Anna's id."""
    headers = await bearer(client, ANNA)
    (row,) = await fetch("SELECT id FROM person WHERE phone = $1", ANNA)
    return headers, row["id"]


def _subscription(push_service: PushService) -> dict[str, object]:
    """As `PushSubscription.toJSON()` gives it."""
    made = push_service.subscribe(service.push_key().key)
    return {"endpoint": made.endpoint, "expirationTime": None, "keys": made.keys}


async def test_the_push_key_is_public_and_a_point_of_p256(client):
    response = await client.get("/api/v1/push-key")

    assert response.status_code == 200
    assert len(response.json()["key"]) == 87


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/notifications", None),
        ("POST", "/api/v1/notifications/reading", {}),
        ("GET", "/api/v1/notification-preferences", None),
        ("PUT", "/api/v1/notification-preferences", {"on": []}),
        ("DELETE", "/api/v1/push-subscriptions", {"endpoint": "https://push.apple.com/x"}),
    ],
)
async def test_without_signing_in_there_is_nothing(client, method, path, body):
    response = await client.request(method, path, json=body)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_browser_subscribes_shows_up_and_leaves(client, push_service, anna):
    headers, _ = anna
    subscription = _subscription(push_service)

    put = await client.put("/api/v1/push-subscriptions", json=subscription, headers=headers)
    shown = await client.get("/api/v1/notification-preferences", headers=headers)
    gone = await client.request(
        "DELETE",
        "/api/v1/push-subscriptions",
        json={"endpoint": subscription["endpoint"]},
        headers=headers,
    )
    after = await client.get("/api/v1/notification-preferences", headers=headers)

    assert put.status_code == 200
    assert set(put.json()) == {"id", "name", "created_at", "last_seen_at", "current"}
    assert [device["id"] for device in shown.json()["devices"]] == [put.json()["id"]]
    assert gone.status_code == 204
    assert after.json()["devices"] == []


async def test_the_page_itself_subscribes_with_its_cookie(client, push_service):
    await sign_in(client, ANNA)

    response = await client.put(
        "/api/v1/push-subscriptions",
        json=_subscription(push_service),
        headers={"sec-fetch-site": "same-origin"},
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://169.254.169.254/latest/meta-data"}, "endpoint"),
        ({"endpoint": "http://localhost:5432/"}, "endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "keys"),
        ({"vapid_key": "of-another-server"}, "vapid_key"),
    ],
)
async def test_what_is_not_a_subscription_is_refused_with_its_field(
    client, push_service, anna, change, field
):
    response = await client.put(
        "/api/v1/push-subscriptions",
        json=_subscription(push_service) | change,
        headers=anna[0],
    )

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"endpoint": 1}',
        b'{"endpoint": "https://push.apple.com/x"}',
        b'{"endpoint": "\\u0000", "keys": {"p256dh": "\\u0000", "auth": "\\u0000"}}',
        b"[" * 5000,
    ],
)
async def test_a_broken_body_is_the_clients_fault(client, anna, body):
    response = await client.put(
        "/api/v1/push-subscriptions",
        content=body,
        headers=anna[0] | {"content-type": "application/json"},
    )

    assert 400 <= response.status_code < 500


async def test_the_inbox_lists_counts_and_can_be_read(client, anna):
    headers, person = anna
    await service.notify([notice("K1", person=person), notice("K2", person=person)])

    listed = (await client.get("/api/v1/notifications", headers=headers)).json()
    first = listed["items"][0]
    one = await client.post(
        "/api/v1/notifications/reading", json={"id": first["id"]}, headers=headers
    )
    everything = await client.post("/api/v1/notifications/reading", json={}, headers=headers)

    assert (listed["unread"], listed["next"]) == (2, None)
    assert first["title"] == "有一条消息"
    assert (one.json(), everything.json()) == ({"unread": 1}, {"unread": 0})


async def test_somebody_elses_notification_and_device_are_404(client, push_service, anna):
    _, person = anna
    await service.notify([notice(person=person)])
    (row,) = await fetch("SELECT id FROM notification")
    subscription = _subscription(push_service)
    await client.put("/api/v1/push-subscriptions", json=subscription, headers=anna[0])
    ben = await bearer(client, BEN)

    reading = await client.post(
        "/api/v1/notifications/reading", json={"id": row["id"]}, headers=ben
    )
    ending = await client.request(
        "DELETE",
        "/api/v1/push-subscriptions",
        json={"endpoint": subscription["endpoint"]},
        headers=ben,
    )

    assert (reading.status_code, ending.status_code) == (404, 404)
    assert (await client.get("/api/v1/notifications", headers=ben)).json()["items"] == []
    assert await service.unread_count(person) == 1


async def test_preferences_are_put_whole_and_come_back(client, anna):
    command = {"on": ["outage:push"], "quiet_from": "23:00", "quiet_to": "06:30"}

    put = await client.put("/api/v1/notification-preferences", json=command, headers=anna[0])
    wrong = await client.put(
        "/api/v1/notification-preferences", json={"on": ["weather:fax"]}, headers=anna[0]
    )

    found = put.json()
    assert (found["quiet_from"], found["quiet_to"]) == ("23:00", "06:30")
    assert {
        f"{topic['code']}:{cell['channel']}"
        for topic in found["topics"]
        for cell in topic["channels"]
        if cell["on"] and not cell["fixed"]
    } == {"outage:push"}
    assert wrong.status_code in (400, 422)


async def test_signing_out_ends_the_devices_of_the_session(client, push_service):
    await sign_in(client, ANNA)
    await client.put(
        "/api/v1/push-subscriptions",
        json=_subscription(push_service),
        headers={"sec-fetch-site": "same-origin"},
    )

    await client.post("/sign-out")

    rows = await fetch("SELECT last_error FROM push_subscription WHERE gone_at IS NOT NULL")
    assert [row["last_error"] for row in rows] == ["signed out"]
