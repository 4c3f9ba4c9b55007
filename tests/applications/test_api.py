"""Applications as JSON: shape, refusals, someone else's record, the same request twice."""

import asyncio

import pytest

from backend.core import db as database
from tests.integration.feeding import POINT, event, feed
from tests.people import bearer

LI, WANG = "13800000002", "13800000009"
URL = "/api/v1/applications"
NEW = {"type": "ev_charger", "usage_point": POINT["id"], "title": "车库充电桩"}

pytestmark = pytest.mark.usefixtures("households")


@pytest.fixture
async def li(client):
    return await bearer(client, LI)


async def count(table: str) -> int:
    async with database.connection() as connection:
        return await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


async def test_the_types_say_what_it_takes_without_signing_in(client):
    answer = await client.get("/api/v1/application-types")

    items = {item["code"]: item for item in answer.json()["items"]}
    assert answer.status_code == 200
    assert len(items) == 24
    assert items["ev_charger"]["group"] == "green"
    assert items["ev_charger"]["materials"][1]["source"]


async def test_a_list_and_a_timeline(client, li):
    await feed("application-events", [event("accepted", "done", 9)])

    listed = (await client.get(URL, headers=li)).json()
    shown = (await client.get(f"{URL}/A1", headers=li)).json()

    assert [item["no"] for item in listed["items"]] == ["A1"]
    assert listed["next"] is None
    assert shown["stages"][0]["events"][0]["text"] == "办理完成"
    assert shown["promise"]["due_on"] == "2026-03-12"
    assert shown["promise"]["source"]
    assert shown["submitted_at"] == "2026-03-02T02:00:00Z"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/A1"), ("POST", ""), ("POST", "/A1/nudges")],
)
async def test_nobody_gets_in_without_signing_in(client, method, path):
    answer = await client.request(method, URL + path, json={} if method == "POST" else None)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"), [("GET", "/B1", None), ("POST", "/B1/nudges", {})]
)
async def test_someone_elses_application_is_not_found(client, li, method, path, body):
    answer = await client.request(method, URL + path, json=body, headers=li)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_applying_answers_201_with_the_new_timeline(client, li):
    answer = await client.post(URL, json=NEW, headers=li)

    assert answer.status_code == 201, answer.text
    assert answer.json()["headline"] == "已提交，等待受理"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"type": "windmill"}, 422, "type"),
        ({"type": "ev_charger"}, 422, "usage_point"),
        (NEW | {"usage_point": "3205000002"}, 404, "usage_point"),
        (NEW | {"colour": "red"}, 422, ""),
        (NEW | {"title": "x" * 61}, 422, "title"),
        (NEW | {"notes": "\u0000"}, 422, "notes"),
    ],
)
async def test_what_is_wrong_is_named_by_field(client, li, body, status, field):
    answer = await client.post(URL, json=body, headers=li)

    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field


async def test_a_nudge_is_taken_once_and_then_refused_with_the_reason(client, li):
    first = await client.post(f"{URL}/A1/nudges", json={"text": "请尽快"}, headers=li)
    second = await client.post(f"{URL}/A1/nudges", json={}, headers=li)

    assert (first.status_code, first.json()["state"]) == (201, "waiting")
    assert (second.status_code, second.json()["detail"]) == (409, "已经催办，供电局必须先答复您。")


# ── the same request twice ─────────────────────────────────────────────────


async def test_a_repeat_with_the_same_key_gets_the_first_answer(client, li):
    headers = li | {"idempotency-key": "k1"}

    first = await client.post(URL, json=NEW, headers=headers)
    again = await client.post(URL, json=NEW, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await count("application") == 3


async def test_another_request_with_the_same_key_is_refused(client, li):
    headers = li | {"idempotency-key": "k1"}
    await client.post(URL, json=NEW, headers=headers)

    body = await client.post(URL, json=NEW | {"title": "另一个"}, headers=headers)
    address = await client.post(f"{URL}/A1/nudges", json=NEW, headers=headers)

    assert (body.status_code, address.status_code) == (422, 422)
    assert await count("application") == 3


async def test_keys_of_different_people_do_not_meet(client, li):
    wang = await bearer(client, WANG)
    point = {"usage_point": "3205000002"}

    mine = await client.post(URL, json=NEW, headers=li | {"idempotency-key": "k1"})
    theirs = await client.post(URL, json=NEW | point, headers=wang | {"idempotency-key": "k1"})

    assert (mine.status_code, theirs.status_code) == (201, 201)


async def test_a_refused_request_may_be_corrected_under_its_key(client, li):
    headers = li | {"idempotency-key": "k1"}

    refused = await client.post(URL, json=NEW | {"usage_point": "3205000002"}, headers=headers)
    corrected = await client.post(URL, json=NEW, headers=headers)

    assert (refused.status_code, corrected.status_code) == (404, 201)


async def test_of_many_at_once_one_is_carried_out(client, li):
    headers = li | {"idempotency-key": "k1"}

    answers = await asyncio.gather(*(client.post(URL, json=NEW, headers=headers) for _ in range(6)))

    statuses = [answer.status_code for answer in answers]
    assert 201 in statuses
    assert set(statuses) <= {201, 409}
    assert await count("application") == 3


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_key_has_1_to_255_visible_characters(client, li, key):
    answer = await client.post(URL, json=NEW, headers=li | {"idempotency-key": key})

    assert answer.status_code == 422


async def test_kept_answers_are_forgotten_after_a_week(client, li):
    from datetime import timedelta

    from backend.core import clock
    from backend.core.idempotency import forget_answers
    from tests.accounts.given import as_job
    from tests.applications.conftest import NOW

    await client.post(URL, json=NEW, headers=li | {"idempotency-key": "k1"})

    with clock.frozen(NOW + timedelta(days=6)):
        await as_job(forget_answers)
    kept = await count("idempotent_answer")
    with clock.frozen(NOW + timedelta(days=8)):
        await as_job(forget_answers)

    assert (kept, await count("idempotent_answer")) == (1, 0)
