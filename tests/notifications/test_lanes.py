"""Real sender processes, killed and stopped in the middle of their work."""

import asyncio
import os
import signal
import sys
from collections import Counter

import pytest

from backend.core import db as database
from backend.notifications import sender, service
from backend.notifications.jobs import PUSH_LANES
from tests.notifications.conftest import make_person, notice, states, subscribe
from tests.push_service import PushService

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.slow]

PROCESS = """
import asyncio, signal, sys
from backend.core import db
from backend.notifications import lanes
from backend.notifications.jobs import deliver

async def main():
    lanes.POLL_SECONDS = float(sys.argv[1])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await db.start_pool()
    await deliver(stop)
    await db.close_pool()

asyncio.run(main())
"""


@pytest.fixture
async def start():
    """Starts a sender process; none outlives its test."""
    started: list[asyncio.subprocess.Process] = []
    where = os.environ | {"DATABASE_URL": database.dsn()}

    async def one(poll: float = 0.2) -> asyncio.subprocess.Process:
        command = [sys.executable, "-c", PROCESS, str(poll)]
        started.append(await asyncio.create_subprocess_exec(*command, env=where))
        return started[-1]

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _tell(push_service: PushService, people: int, each: int) -> int:
    for number in range(people):
        person = await make_person(f"138{number:08}")
        await subscribe(person, push_service)
        await service.notify(
            [
                notice(
                    f"K{n}",
                    person=person.person_id,
                    message="notifications_test",
                    url=f"/applications/{n}",
                    tag=f"t{n}",
                )
                for n in range(each)
            ]
        )
    return people * each


def _arrivals(push_service: PushService) -> Counter[tuple[str, str]]:
    return Counter(
        (found.endpoint, (found.payload or {})["url"]) for found in push_service.accepted
    )


async def test_a_killed_sender_loses_nothing_and_repeats_only_what_was_under_way(
    push_service, start
):
    push_service.delay = 0.005
    told = await _tell(push_service, people=60, each=20)

    for kill_at in (150, 700):
        process = await start()
        await push_service.wait_for(kill_at)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    process = await start()
    while len(_arrivals(push_service)) < told:
        await push_service.wait_for(len(push_service.accepted) + 1)
    process.terminate()
    assert await process.wait() == 0

    arrivals = _arrivals(push_service)
    assert len(arrivals) == told
    assert sum(arrivals.values()) - told <= 2 * PUSH_LANES * sender.BATCH
    topics = {((found.payload or {})["tag"], found.topic) for found in push_service.accepted}
    assert len(topics) == 20


async def test_a_stopped_sender_finishes_what_is_under_way_and_repeats_nothing(push_service, start):
    push_service.delay = 0.01
    told = await _tell(push_service, people=60, each=10)

    process = await start()
    await push_service.wait_for(100)
    process.terminate()
    assert await process.wait() == 0
    first = len(push_service.accepted)
    assert (await states()).count("sent") == first
    process = await start()
    await push_service.wait_for(told)
    process.terminate()
    await process.wait()

    assert len(push_service.accepted) == told
    assert len(_arrivals(push_service)) == told


async def test_a_commit_wakes_a_resting_lane(push_service, start):
    anna = await make_person()
    await subscribe(anna, push_service)
    process = await start(poll=3600)  # so that only being woken can make it send
    for number in (1, 2, 3):
        told = notice(
            f"K{number}", person=anna.person_id, message="notifications_test", safety=True
        )
        await service.notify([told])
        await push_service.wait_for(number)

    process.terminate()
    assert await process.wait() == 0
