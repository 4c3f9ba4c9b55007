"""The feed over HTTP: who may, in which format, once under a key, in the language asked for."""

import asyncio
import gzip
import json

import pytest

from backend.accounts.service import add_client
from backend.applications import service as applications
from backend.applications.schemas import SubmitApplication
from backend.core import db as database
from backend.integration import jobs
from backend.integration.outbound import FileDrop
from tests.accounts.given import as_job, caller
from tests.integration.feeding import CUSTOMER, POINT, feed_base, ndjson
from tests.people import bearer

URL = "/api/v1/feed/customers"
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture
async def system(client):
    """The header of one of the utility's systems."""
    made = await add_client("营销系统", "feed")
    form = {"grant_type": "client_credentials"} | made
    token = (await client.post("/api/v1/auth/token", data=form)).json()
    return {"authorization": f"Bearer {token['access_token']}"} | NDJSON


async def customers() -> int:
    async with database.connection() as connection:
        return await connection.fetchval("SELECT count(*) FROM customer")


async def test_rows_are_taken_and_answered(client, system):
    rows = [CUSTOMER, CUSTOMER | {"id": "C2", "kind": "castle"}]

    answer = await client.post(URL, content=ndjson(rows), headers=system)

    assert answer.status_code == 200
    assert answer.json() == {
        "received": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "errors": [{"line": 2, "id": "C2", "field": "kind", "message": "没有“castle”这个代码。"}],
        "errors_omitted": 0,
    }


async def test_reasons_come_in_the_language_asked_for(client, system):
    answer = await client.post(
        URL, content=b"{}", headers=system | {"accept-language": "en-GB,en;q=0.9"}
    )

    assert answer.json()["errors"][0]["message"] == "This field is missing."


async def test_csv_gzip_and_dry_run(client, system):
    body = gzip.compress("id,name,kind\nC1,李明,residential\n".encode())
    headers = system | {"content-type": "text/csv; charset=utf-8", "content-encoding": "gzip"}

    dry = await client.post(f"{URL}?dry_run=1", content=body, headers=headers)
    before = await customers()
    real = await client.post(f"{URL}?notify=0", content=body, headers=headers)

    assert (dry.json()["created"], before) == (1, 0)
    assert (real.json()["created"], await customers()) == (1, 1)


async def test_a_body_larger_than_any_other_request_is_taken(client, system):
    rows = [CUSTOMER | {"id": f"C{n}", "phone": None} for n in range(20_000)]

    answer = await client.post(URL, content=ndjson(rows), headers=system)

    assert answer.json()["created"] == 20_000


async def test_only_systems_with_the_scope_feed(client):
    nobody = await client.post(URL, content=b"", headers=NDJSON)
    person = await bearer(client, "13800000002")
    somebody = await client.post(URL, content=b"", headers=NDJSON | person)

    assert (nobody.status_code, somebody.status_code) == (401, 401)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/feed/windmills", {}, 404),
        (URL, {"content-type": "application/xml"}, 415),
        (URL, {"content-encoding": "br"}, 415),
        (f"{URL}?dry_run=perhaps", {}, 422),
        (URL, {"idempotency-key": "x" * 256}, 422),
    ],
)
async def test_what_is_not_understood_is_refused(client, system, path, headers, status):
    answer = await client.post(path, content=ndjson([CUSTOMER]), headers=system | headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_empty_body_is_no_rows(client, system):
    answer = await client.post(URL, content=b"", headers=system)

    assert answer.json()["received"] == 0


async def test_a_repeat_under_a_key_gets_the_first_answer(client, system):
    headers = system | {"idempotency-key": "night-run-7"}
    body = ndjson([CUSTOMER])

    first = await client.post(URL, content=body, headers=headers)
    again = await client.post(URL, content=body, headers=headers)
    other = await client.post(URL, content=body * 2, headers=headers)

    assert first.json() == again.json()
    assert again.json()["created"] == 1
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422


async def test_of_many_under_one_key_the_others_are_told_to_wait(client, system):
    headers = system | {"idempotency-key": "night-run-8"}
    body = ndjson([CUSTOMER | {"id": f"C{n}", "phone": None} for n in range(3_000)])

    answers = await asyncio.gather(
        *(client.post(URL, content=body, headers=headers) for _ in range(5))
    )

    fresh = [one for one in answers if "idempotent-replayed" not in one.headers]
    assert min(one.status_code for one in answers) == 200
    assert sum(one.status_code == 200 for one in fresh) == 1
    assert {one.status_code for one in answers} <= {200, 409}
    assert await customers() == 3_000


async def test_a_feed_that_breaks_off_lets_go_of_its_key(client, system):
    headers = system | {"idempotency-key": "night-run-9"}

    async def broken():
        yield ndjson([CUSTOMER])
        raise ConnectionError

    cut = await client.post(URL, content=broken(), headers=headers)
    again = await client.post(URL, content=ndjson([CUSTOMER]), headers=headers)

    assert (cut.status_code, again.status_code) == (503, 200)


async def test_an_application_entered_here_leaves_through_the_outbox(db, tmp_path, monkeypatch):
    await feed_base()
    made = await applications.submit(
        await caller("13800000002"),
        SubmitApplication(type="ev_charger", usage_point=POINT["id"], notes="地下一层"),
    )
    path = tmp_path / "outbox" / "applications.ndjson"
    monkeypatch.setattr(jobs, "utility_system", lambda: FileDrop(path))

    await as_job(lambda context: jobs.hand_over(context, application=made.no))
    await as_job(lambda context: jobs.hand_over(context, application="unknown"))

    (line,) = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(line)
    assert (row["id"], row["notes"], row["phone"]) == (made.no, "地下一层", "13800000002")
