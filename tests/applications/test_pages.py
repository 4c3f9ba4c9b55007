"""The pages of applications: they render, they refuse, they redirect, in both languages."""

import pytest

from backend.applications import service
from backend.promises.schemas import ApplicationType
from tests.integration.feeding import POINT, event, feed
from tests.people import sign_in

LI = "13800000002"

pytestmark = pytest.mark.usefixtures("households")


@pytest.fixture
async def li(client):
    await sign_in(client, LI)
    return client


@pytest.mark.parametrize("path", ["", "/A1", "/new", "/new/ev_charger"])
async def test_a_guest_is_sent_to_sign_in(client, path):
    answer = await client.get(f"/applications{path}")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_the_list_and_the_timeline_render_and_stay_readable_offline(li, locale):
    await feed(
        "application-events", [event("accepted", "done", 3), event("survey", "waiting_customer", 4)]
    )
    li.cookies.set("locale", locale)

    listed = await li.get("/applications")
    shown = await li.get("/applications/A1")

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert listed.headers["x-offline"] == shown.headers["x-offline"] == "keep"
    assert "/applications/A1" in listed.text
    word = {"zh-CN": "“现场勘查”等您办理", "en": "Waiting for you: Site survey"}[locale]
    assert word in shown.text


@pytest.mark.parametrize(
    "events",
    [
        [],
        [event("accepted", "done", 2)],
        [event("accepted", "done", 9), event("plan", "started", 10, department="供电所")],
        [event("accepted", "done", 9), event("survey", "rejected", 10, note="车位不符")],
        [event("accepted", "withdrawn", 9)],
        [event("accepted", "done", 2), event("install", "done", 10)],
    ],
    ids=["fresh", "late", "on time", "rejected", "withdrawn", "done"],
)
async def test_every_state_has_a_page(li, events):
    await feed("application-events", events)

    shown = await li.get("/applications/A1")
    listed = await li.get("/applications")

    assert (shown.status_code, listed.status_code) == (200, 200)


@pytest.mark.parametrize("path", ["B1", "nothing", "a b", "%27"])
async def test_what_is_not_yours_is_not_there(li, path):
    assert (await li.get(f"/applications/{path}")).status_code == 404
    assert (await li.post(f"/applications/{path}/nudges", data={})).status_code == 404


async def test_a_nudge_by_form_leads_back_and_shows(li):
    answer = await li.post("/applications/A1/nudges", data={"text": "师傅什么时候来？"})
    shown = await li.get("/applications/A1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/applications/A1#nudge")
    assert "师傅什么时候来？" in shown.text


async def test_a_nudge_too_long_keeps_what_was_typed(li):
    answer = await li.post("/applications/A1/nudges", data={"text": "急" * 201})

    assert answer.status_code == 422
    assert "急" * 201 in answer.text


async def test_a_nudge_that_is_not_possible_says_why(li):
    await li.post("/applications/A1/nudges", data={"text": ""})

    answer = await li.post("/applications/A1/nudges", data={"text": ""})

    assert answer.status_code == 409
    assert "已经催办" in answer.text


async def test_what_can_be_applied_for_is_listed_by_life_event(li):
    answer = await li.get("/applications/new")

    assert answer.status_code == 200
    assert "搬家入住" in answer.text


@pytest.mark.parametrize("kind", list(ApplicationType))
async def test_every_kind_has_a_form(li, kind):
    answer = await li.get(f"/applications/new/{kind}")

    assert answer.status_code == 200
    assert service.type_named(kind).name in answer.text


async def test_applying_by_form_leads_to_the_timeline(li):
    answer = await li.post(
        "/applications",
        data={"type": "ev_charger", "usage_point": POINT["id"], "title": "车库充电桩", "notes": ""},
    )
    shown = await li.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "车库充电桩" in shown.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": "长" * 61, "usage_point": POINT["id"]}, "最多填写 60 个字"),
        ({}, "请选择用电户"),
        ({"type": "hv_increase", "usage_point": POINT["id"]}, "企业用户"),
    ],
)
async def test_a_wrong_form_comes_back_with_the_error_and_what_was_typed(li, given, expected):
    answer = await li.post(
        "/applications", data={"type": "ev_charger", "notes": "地下一层"} | given
    )

    assert answer.status_code == 422
    assert expected in answer.text
    assert "地下一层" in answer.text


async def test_an_unknown_kind_has_no_form(li):
    assert (await li.get("/applications/new/windmill")).status_code == 404
    assert (await li.post("/applications", data={"type": "windmill"})).status_code == 404
