"""The lean HTTP client and the window in front of it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from backend.core.clock import frozen
from backend.notifications.answers import Meaning
from backend.notifications.endpoints import Endpoint, parse_endpoint
from backend.notifications.transport import Client, NoAnswer
from backend.notifications.window import LARGEST, SMALLEST, Window

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@asynccontextmanager
async def _raw_server(*answers: bytes, then_close: bool = False):
    """Answers whatever comes with the next of these bytes."""
    left, writers = list(answers), []

    async def serve(reader, writer):
        writers.append(writer)
        while left and await reader.read(65536):
            writer.write(left.pop(0))
            await writer.drain()
            if then_close:
                writer.close()
                return

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield _endpoint(server.sockets[0].getsockname()[1])
    for writer in writers:
        writer.transport.abort()
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0)


@pytest.fixture
def client():
    client = Client(timeout=0.2)
    yield client
    client.close()


def _endpoint(port: int) -> Endpoint:
    return parse_endpoint(f"http://127.0.0.1:{port}/push/x", ["http://127.0.0.1"])


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 201),
        (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 201),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410),
        (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", 302),
    ],
)
async def test_an_answer_is_read_in_every_framing(client, raw, status):
    async with _raw_server(raw) as endpoint:
        answer = await client.post(endpoint, "", b"body")

    assert answer.status == status


async def test_a_body_may_end_with_the_connection(client):
    async with _raw_server(b"HTTP/1.1 400 Bad\r\n\r\nwhy", then_close=True) as endpoint:
        answer = await client.post(endpoint, "", b"")

    assert (answer.status, answer.body) == (400, b"why")


@pytest.mark.parametrize("raw", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nA", b""])
async def test_what_is_not_an_answer_is_none(client, raw):
    async with _raw_server(raw, then_close=True) as endpoint:
        with pytest.raises(NoAnswer):
            await client.post(endpoint, "", b"")


async def test_an_endless_answer_is_cut_off(client):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"

    async with _raw_server(head + b"x" * 200_000) as endpoint:
        with pytest.raises(NoAnswer, match="too long"):
            await client.post(endpoint, "", b"")


async def test_silence_ends_with_the_timeout(client):
    async with _raw_server(b"") as endpoint:
        with pytest.raises(NoAnswer, match="TimeoutError"):
            await client.post(endpoint, "", b"")


async def test_nobody_listening_is_no_answer(client):
    async with _raw_server() as endpoint:
        pass

    with pytest.raises(NoAnswer):
        await client.post(endpoint, "", b"")


async def test_connections_are_kept_and_a_closed_one_is_not_used_again(client, push_service):
    endpoint = _endpoint(int(push_service.origin.rpartition(":")[2]))
    for _ in range(5):
        await client.post(endpoint, "", b"")
    assert client.opened == 1

    for connection in list(push_service.open):
        connection.transport.abort()
    await asyncio.sleep(0.01)
    await client.post(endpoint, "", b"")

    assert client.opened == 2


async def test_a_late_answer_is_never_taken_for_the_next_messages_answer(client):
    async with _raw_server(b"", b"HTTP/1.1 201 -\r\nContent-Length: 0\r\n\r\n") as endpoint:
        with pytest.raises(NoAnswer):
            await client.post(endpoint, "", b"first")

        await client.post(endpoint, "", b"second")

    assert client.opened == 2


async def test_the_window_bounds_what_is_under_way():
    window = Window()
    window.size = 7.0
    most = now = 0

    async def one() -> None:
        nonlocal most, now
        async with window.place():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1

    await asyncio.gather(*(one() for _ in range(100)))

    assert most == 7


async def test_a_cancelled_wait_takes_no_place():
    window = Window()
    window.size = 1.0
    async with window.place():
        waiting = asyncio.create_task(window.place().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()

    async with asyncio.timeout(1), window.place():
        pass


def test_the_window_grows_on_success_and_shrinks_on_limits():
    window = Window()
    first = window.size

    window.heard(Meaning.limited)
    assert window.size < first
    for _ in range(1000):
        window.heard(Meaning.limited)
    assert window.size == SMALLEST
    for _ in range(100_000):
        window.heard(Meaning.accepted)
    assert window.size == LARGEST


def test_a_share_of_few_answers_means_nothing():
    window = Window()
    for _ in range(19):
        window.heard(Meaning.limited)
    assert window.share(Meaning.limited) == 0.0

    window.heard(Meaning.accepted)

    assert window.share(Meaning.limited) == pytest.approx(0.95)


def test_a_paused_origin_opens_again_by_itself():
    window = Window()
    with frozen(NOW):
        window.pause(60)
        assert window.paused()
    with frozen(NOW + timedelta(seconds=60)):
        assert not window.paused()
