"""Hints reach every open page, and none stays stale when the listener was away."""

import asyncio
from contextlib import suppress

import pytest

from backend.core import db as database
from backend.core.live import Hub, hint


@pytest.fixture
async def hub(db):
    found = Hub(ping=0.2)
    task = asyncio.create_task(found.run())
    await found.listening.wait()
    yield found
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def allowed() -> bool:
    return True


async def next_event(stream) -> tuple[str, str]:
    async with asyncio.timeout(10):
        async for message in stream:
            if message.event:
                return message.event, str(message.data)
    raise AssertionError("the stream ended")


async def test_a_page_first_fetches_itself_and_then_gets_hints(hub):
    stream = hub._events(["person:1"], allowed)

    assert (await next_event(stream))[0] == "resync"
    await hint("person:1", "person:2")
    assert await next_event(stream) == ("hint", "person:1")


async def test_a_rolled_back_change_gives_no_hint(hub):
    stream = hub._events(["person:1"], allowed)
    await next_event(stream)

    with suppress(ZeroDivisionError):
        async with database.transaction():
            await hint("person:1")
            raise ZeroDivisionError
    await hint("person:1")
    await next_event(stream)

    assert hub.queues["person:1"].pop().empty()


async def test_after_a_lost_listener_every_page_fetches_itself_again(hub):
    stream = hub._events(["person:1"], allowed)
    await next_event(stream)

    async with database.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )

    assert (await next_event(stream))[0] == "resync"
    await hint("person:1")
    assert await next_event(stream) == ("hint", "person:1")


async def test_a_page_that_does_not_keep_up_is_told_to_fetch_again(db):
    hub = Hub(backlog=3)
    stream = hub._events(["person:1"], allowed)
    await next_event(stream)

    for _ in range(5):
        hub._on_hint(None, 0, "live", "person:1")

    assert (await next_event(stream))[0] == "resync"


async def test_a_stream_ends_when_the_session_does(hub):
    async def ended() -> bool:
        return False

    stream = hub._events(["person:1"], ended)

    assert [message.event async for message in stream] == ["resync"]
    assert hub.queues == {}


async def test_open_streams_end_at_once_when_the_process_stops(hub):
    stream = hub._events(["person:1"], allowed)
    await next_event(stream)

    hub.closing.set()

    async with asyncio.timeout(5):
        assert [message async for message in stream if message.event] == []
