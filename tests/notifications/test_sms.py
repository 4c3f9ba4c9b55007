"""Text messages: into the file where there is no gateway, else through it, once each."""

import asyncio
import json
from datetime import timedelta

import pytest
from aiohttp import web

from backend.config import settings
from backend.core import db as database
from backend.core import sms
from backend.core.clock import frozen
from backend.core.worker import Worker
from backend.notifications import service, texter
from tests.notifications.conftest import NOON, fetch, make_person, notice, states

pytestmark = pytest.mark.usefixtures("db", "noon")


class Gateway:
    """A gateway on loopback that answers as told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.received: list[tuple[str, dict[str, str]]] = []

    async def post(self, request: web.Request) -> web.Response:
        self.received.append((request.headers["Idempotency-Key"], await request.json()))
        return web.Response(status=self.answers.pop(0) if self.answers else 202)


@pytest.fixture
async def gateway(monkeypatch):
    found = Gateway()
    app = web.Application()
    app.router.add_post("/sms", found.post)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    monkeypatch.setattr(sms, "gateway", lambda: sms.HttpGateway(f"http://127.0.0.1:{port}/sms"))
    yield found
    await runner.cleanup()


async def test_a_text_says_who_sends_it_what_happened_and_where_the_rest_is(text_messages):
    anna = await make_person()
    await service.notify([notice(person=anna.person_id, matters=True)])

    await texter.text_due()

    assert text_messages() == [
        {
            "at": NOON.isoformat(),
            "to": "13800000001",
            "text": "【青禾供电局】有一条消息：请查看。 http://localhost:8000/applications/A1",
        }
    ]
    assert await states("sms") == ["sent"]


async def test_a_text_is_in_the_readers_language(text_messages):
    anna = await make_person(locale="en")
    await service.notify(
        [notice(person=anna.person_id, matters=True, message="notifications_test")]
    )

    await texter.text_due()

    assert "Notifications are on: If you can read this" in text_messages()[0]["text"]


async def test_a_stale_text_is_not_sent(text_messages):
    anna = await make_person()
    until = NOON + timedelta(hours=1)
    await service.notify([notice(person=anna.person_id, matters=True, expires_at=until)])

    with frozen(until):
        await texter.text_due()

    assert text_messages() == []
    assert await states("sms") == ["expired"]


async def test_the_gateway_gets_a_key_by_which_a_repeat_is_known(gateway):
    anna = await make_person()
    gateway.answers = [503, 429, 202]
    await service.notify([notice(person=anna.person_id, matters=True)])

    for seconds in (0, 10, 30):
        with frozen(NOON + timedelta(seconds=seconds)):
            await texter.text_due()

    assert await states("sms") == ["sent"]
    assert len(gateway.received) == 3
    assert len({key for key, _body in gateway.received}) == 1
    assert gateway.received[0][1]["to"] == anna.phone


async def test_what_the_gateway_refuses_is_not_repeated(gateway):
    anna = await make_person()
    gateway.answers = [400]
    await service.notify([notice(person=anna.person_id, matters=True)])

    await texter.text_due()
    await texter.text_due()

    assert await states("sms") == ["failed"]
    assert len(gateway.received) == 1


async def test_a_gateway_that_is_away_is_asked_again(monkeypatch):
    monkeypatch.setattr(sms, "gateway", lambda: sms.HttpGateway("http://127.0.0.1:9/sms"))
    anna = await make_person()
    await service.notify([notice(person=anna.person_id, matters=True)])

    await texter.text_due()

    assert await states("sms") == ["pending"]


async def test_lines_of_many_writers_never_mix(tmp_path):
    outbox = sms.FileOutbox(tmp_path / "outbox" / "sms.ndjson")

    await asyncio.gather(*(outbox.send("13800000001", "文" * 300, str(n)) for n in range(50)))

    lines = (tmp_path / "outbox" / "sms.ndjson").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["文" * 300] * 50


async def test_without_a_gateway_the_file_is_the_outbox():
    assert settings().sms_url == ""
    assert isinstance(sms.gateway(), sms.FileOutbox)


async def test_a_sign_in_code_leaves_with_its_transaction_and_not_without(text_messages):
    async with database.transaction():
        await sms.send_sms("13800000001", "123456")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await sms.send_sms("13800000002", "654321")
            raise ZeroDivisionError

    await Worker().run_until_empty()

    assert [text["to"] for text in text_messages()] == ["13800000001"]


async def test_a_code_nobody_waits_for_any_more_is_not_sent(text_messages):
    await sms.send_sms("13800000001", "123456", good_for=60)

    with frozen(NOON + timedelta(seconds=61)):
        await Worker().run_until_empty()

    assert text_messages() == []
    assert await fetch("SELECT FROM job") == []
