"""Open pages hear of every change, also of one that is no news."""

import asyncio

import pytest

from backend.applications import service
from backend.applications.schemas import NudgeApplication
from backend.core import db as database
from tests.accounts.given import caller
from tests.integration.feeding import event, feed

LI, WANG = "13800000002", "13800000009"

pytestmark = pytest.mark.usefixtures("households")


@pytest.fixture
async def heard():
    """The topics hinted at until the test ends."""
    found: set[str] = set()
    connection = await database.direct_connection()
    await connection.add_listener("live", lambda *message: found.add(message[-1]))
    yield found
    await connection.close()


async def topics(found: set[str]) -> set[str]:
    async with asyncio.timeout(5):
        while not found:
            await asyncio.sleep(0.01)
    return {topic for topic in found if topic.startswith("person:")}


@pytest.mark.parametrize("notify", [True, False])
async def test_whoever_may_see_it_hears_of_an_event_and_nobody_else(heard, notify):
    me = await caller(LI)
    heard.clear()

    await feed("application-events", [event("accepted", "done", 9)], notify=notify)

    assert await topics(heard) == {f"person:{me.person_id}"}


async def test_a_nudge_reaches_the_open_pages_of_the_household_and_the_desk(heard):
    me = await caller(LI)
    heard.clear()

    await service.nudge(me, "A1", NudgeApplication())

    assert await topics(heard) == {f"person:{me.person_id}"}
    assert "staff:nudges" in heard
