"""The staff's desk: who gets in, what stands there, answering and explaining."""

import pytest

from backend.applications import service
from backend.applications.schemas import NudgeApplication
from tests.accounts.given import caller
from tests.applications.conftest import at_ten, households  # noqa: F401
from tests.integration.feeding import event, feed
from tests.people import sign_in

LI, WANG, STAFF = "13800000002", "13800000009", "13800000101"

pytestmark = pytest.mark.usefixtures("households")


@pytest.fixture
async def staff(client):
    await sign_in(client, STAFF)
    return client


@pytest.fixture
async def nudged(db):
    """李明 has asked; gives the number of the nudge."""
    me = await caller(LI)
    asked = await service.nudge(me, "A1", NudgeApplication(text="师傅什么时候来？"))
    return asked.no


@pytest.mark.parametrize("path", ["/staff", "/staff/applications/A1"])
async def test_customers_do_not_get_in(client, path):
    await sign_in(client, LI)

    assert (await client.get(path)).status_code == 403


async def test_guests_are_sent_to_sign_in(client):
    assert (await client.get("/staff")).status_code == 303


async def test_customers_can_neither_answer_nor_explain(client, nudged):
    await sign_in(client, WANG)

    answer = await client.post(f"/staff/nudges/{nudged}/answer", data={"answer": "明天到"})
    reason = await client.post("/staff/applications/A1/explanations", data={"reason": "缺货"})

    assert (answer.status_code, reason.status_code) == (403, 403)


async def test_the_desk_shows_nudges_what_is_late_and_what_is_nearly_due(staff, nudged):
    await feed(
        "application-events",
        [
            event("accepted", "done", 2),
            event("accepted", "done", 6, id="E2", application_id="B1"),
        ],
    )

    page = (await staff.get("/staff")).text

    assert "师傅什么时候来？" in page
    assert "/staff/applications/A1" in page
    assert "/staff/applications/B1" in page


async def test_a_nudge_is_answered_once(staff, nudged):
    first = await staff.post(f"/staff/nudges/{nudged}/answer", data={"answer": "明天上午到"})
    page = (await staff.get("/staff/applications/A1")).text
    second = await staff.post(f"/staff/nudges/{nudged}/answer", data={"answer": "明天上午到"})

    assert (first.status_code, first.headers["location"]) == (303, "/staff/applications/A1")
    assert "answer-" not in page
    assert second.status_code == 409


async def test_an_empty_answer_comes_back(staff, nudged):
    empty = await staff.post(f"/staff/nudges/{nudged}/answer", data={"answer": ""})
    endless = await staff.post(f"/staff/nudges/{nudged}/answer", data={"answer": "到" * 501})

    assert (empty.status_code, endless.status_code) == (422, 422)
    assert 'href="#answer"' in empty.text
    assert 'id="answer-error"' in empty.text
    assert "到" * 501 in endless.text


async def test_a_reason_reaches_the_customer(staff):
    await feed("application-events", [event("accepted", "done", 2)])

    sent = await staff.post(
        "/staff/applications/A1/explanations",
        data={"reason": "变压器缺货", "next_step": "周四到货即装"},
    )
    empty = await staff.post("/staff/applications/A1/explanations", data={"reason": ""})

    assert (sent.status_code, empty.status_code) == (303, 422)
    shown = await service.show(await caller(LI), "A1")
    assert shown.lateness is not None
    assert shown.lateness.reason == "变压器缺货"


@pytest.mark.parametrize(
    "path",
    [
        "applications/A9/explanations",
        "nudges/00000000-0000-0000-0000-000000000001/answer",
        "nudges/x/answer",
    ],
)
async def test_what_does_not_exist_is_not_found(staff, path):
    answer = await staff.post(
        f"/staff/{path}", data={"reason": "缺货了", "next_step": "到货即装", "answer": "好的"}
    )

    assert answer.status_code == 404
