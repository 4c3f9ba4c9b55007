"""The first page: for who you are, with what most needs a look first."""

import pytest

from backend.integration import demo
from tests.people import bearer, sign_in

ELDERLY, HOUSEHOLD, FACTORY, NOBODY = "13800000001", "13800000002", "13800000003", "13899999999"
SUPERVISOR = "13800000103"


@pytest.fixture(autouse=True)
async def bureau(db: None) -> None:
    await demo.fill()


async def test_home_is_one_answer_with_the_most_pressing_application_in_full(client):
    answer = (await client.get("/api/v1/home", headers=await bearer(client, ELDERLY))).json()

    assert answer["current"]["no"] == "QH2611090156"
    assert answer["current"]["turn"] == "customer"
    assert answer["current"]["stages"]
    assert [line["no"] for line in answer["others"]] == ["QH2611050098"]
    assert [point["no"] for point in answer["usage_points"]] == ["3205110367"]


async def test_what_is_late_comes_before_what_is_on_time(client):
    answer = (await client.get("/api/v1/home", headers=await bearer(client, FACTORY))).json()
    states = [answer["current"]["state"], *(line["state"] for line in answer["others"])]

    assert states[0] == "waiting_customer"
    assert "late" in states[1:]


async def test_home_holds_nothing_of_anybody_else(client):
    answer = (await client.get("/api/v1/home", headers=await bearer(client, NOBODY))).json()

    assert answer == {
        "current": None,
        "others": [],
        "notifications": [],
        "unread": 0,
        "usage_points": [],
    }


async def test_staff_begin_at_their_workbench(client):
    await sign_in(client, SUPERVISOR)

    response = await client.get("/")

    assert (response.status_code, response.headers["location"]) == (303, "/staff")


async def test_who_is_not_signed_in_is_welcomed_and_not_remembered(client):
    response = await client.get("/")

    assert response.status_code == 200
    assert "手机号登录" in response.text
    assert "x-offline" not in response.headers
    assert (await client.get("/api/v1/home")).status_code == 401
    assert (await client.get("/api/v1/events")).status_code == 401


async def test_the_page_of_a_household_shows_its_promise_and_may_be_kept_offline(client):
    await sign_in(client, HOUSEHOLD)

    response = await client.get("/")

    assert "5 幢 0802 增容到 16 千瓦" in response.text
    assert "承诺" in response.text
    assert response.headers["x-offline"] == "keep"
    assert response.headers["cache-control"] == "private, no-cache"


async def test_somebody_without_an_application_is_shown_what_can_be_done(client):
    await sign_in(client, NOBODY)

    assert "现在没有在办的申请" in (await client.get("/")).text


async def test_help_publishes_the_rules_with_their_sources(client):
    text = (await client.get("/help")).text

    assert "《供电营业规则》" in text
    assert "工作日" in text
    assert "原文待核对" in text


async def test_the_api_is_described_for_people_and_for_machines(client):
    page = await client.get("/api/docs")
    description = (await client.get("/api/openapi.json")).json()

    assert "/api/v1/applications/{no}" in page.text
    assert description["openapi"].startswith("3.1")
    operation = description["paths"]["/api/v1/applications/{no}"]["get"]
    assert operation["security"] == [{"bearer": []}]
    assert "application/problem+json" in operation["responses"]["default"]["content"]
