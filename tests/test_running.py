"""The running product as its operator sees it: starts, stops, and finishes what is under way."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import Product, running_product

pytestmark = pytest.mark.slow

PHONE = "13800000102"
STREAMS = 20
STOP_SECONDS = 10


@pytest.fixture
def product(tmp_path: Path) -> Any:
    with running_product(tmp_path / "var", "--no-demo") as found:
        yield found


async def feed_token(client: httpx.AsyncClient, product: Product) -> dict[str, str]:
    made = json.loads(product.denghuo("client", "add", "core", "--scope", "feed"))
    form = {"grant_type": "client_credentials"} | made
    answer = (await client.post("/api/v1/auth/token", data=form)).json()
    return {"authorization": f"Bearer {answer['access_token']}"}


async def staff_token(client: httpx.AsyncClient, product: Product) -> dict[str, str]:
    product.denghuo("staff", "add", "QH0102", "王强", "--phone", PHONE)
    sent = (await client.post("/api/v1/auth/codes", json={"phone": PHONE})).json()
    form = {"grant_type": "otp", "phone": PHONE, "flow": sent["flow"], "code": sent["dev_code"]}
    answer = (await client.post("/api/v1/auth/token", data=form)).json()
    return {"authorization": f"Bearer {answer['access_token']}"}


async def test_told_to_stop_it_ends_open_streams_and_finishes_requests_under_way(product):
    async with httpx.AsyncClient(base_url=product.url, timeout=60) as client:
        feed, staff = await feed_token(client, product), await staff_token(client, product)
        opened, rest = [asyncio.Event() for _ in range(STREAMS)], asyncio.Event()

        async def listen(number: int) -> None:
            async with client.stream("GET", "/api/v1/events", headers=staff) as stream:
                assert stream.status_code == 200
                async for _ in stream.aiter_lines():
                    opened[number].set()

        async def rows() -> AsyncIterator[bytes]:
            yield b'{"id": "C1", "name": "one", "kind": "residential"}\n'
            await rest.wait()
            yield b'{"id": "C2", "name": "two", "kind": "residential"}\n'

        streams = [asyncio.create_task(listen(number)) for number in range(STREAMS)]
        headers = feed | {"content-type": "application/x-ndjson"}
        upload = asyncio.create_task(
            client.post("/api/v1/feed/customers", content=rows(), headers=headers)
        )
        for one in opened:
            await one.wait()

        product.signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            await asyncio.gather(*streams)
        rest.set()
        report = await upload

    assert report.status_code == 200
    assert report.json()["created"] == 2
    async with asyncio.timeout(STOP_SECONDS):
        assert await asyncio.to_thread(product.wait) == 0


async def test_two_starts_on_the_same_data_keep_what_was_there(tmp_path):
    for number in (1, 2):
        with running_product(tmp_path / "var", "--no-demo") as product:
            row = f'{{"id": "C{number}", "name": "x", "kind": "residential"}}'
            (tmp_path / "rows.ndjson").write_text(row)
            product.denghuo("import", "customers", str(tmp_path / "rows.ndjson"))
            exported = product.denghuo("import", "customers", str(tmp_path / "rows.ndjson"))

    assert json.loads(exported)["unchanged"] == 1


def test_a_wrong_command_is_one_clear_sentence(tmp_path):
    with running_product(tmp_path / "var", "--no-demo") as product:
        for arguments, words in [
            (("import", "customers", "nothing.ndjson"), "there is no file nothing.ndjson"),
            (("import", "castles", __file__), "没有这种数据：castles"),
            (("run", "--port", product.url.rpartition(":")[2]), "is taken"),
            (("export", "13811111111"), "nobody with this phone is known"),
        ]:
            code, said = product.refused(*arguments)
            assert code != 0
            assert words in said
            assert "Traceback" not in said


def test_the_doctor_finds_nothing_wrong_and_a_backup_comes_back(tmp_path):
    archive = tmp_path / "backup.tar"
    with running_product(tmp_path / "one", "--no-demo") as product:
        (tmp_path / "rows.ndjson").write_text('{"id": "C1", "name": "x", "kind": "residential"}')
        product.denghuo("import", "customers", str(tmp_path / "rows.ndjson"))
        assert "FAIL" not in product.denghuo("doctor")
        product.denghuo("backup", str(archive))
        keys = {path.name: path.read_bytes() for path in (product.data / "keys").iterdir()}
    assert archive.stat().st_mode & 0o077 == 0

    restored = Product.at_rest(tmp_path / "two")
    restored.denghuo("restore", str(archive))
    report = json.loads(restored.denghuo("import", "customers", str(tmp_path / "rows.ndjson")))

    assert report["unchanged"] == 1
    assert {path.name: path.read_bytes() for path in (restored.data / "keys").iterdir()} == keys
