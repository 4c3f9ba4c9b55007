"""Every answer is framed, foreign requests are refused, hostile ones are a 4xx and never a 5xx."""

import json

import asyncpg
import pytest
from litestar import Litestar, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from backend.core.errors import TooMany
from backend.core.http import RequestFrame, SameOriginGuard, exception_handlers
from tests.people import browser_client, sign_in

FRAMED = ("/", "/health/live", "/no/such/page", "/api/v1/no/such", "/sw.js", "/static/x/none.css")
PAGES = ("/", "/sign-in", "/help", "/offline")


@pytest.mark.parametrize("path", FRAMED)
async def test_every_answer_carries_the_security_headers(client, path):
    headers = (await client.get(path)).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-request-id"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_inline_code_and_asks_nobody_else(client, path):
    html = (await client.get(path)).text

    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    assert "<script>" not in html
    assert 'src="http' not in html


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 422),
        ({"sec-fetch-site": "none"}, 422),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://localhost:8000"}, 422),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 422),
    ],
)
async def test_a_request_that_another_site_caused_is_refused(client, headers, status):
    response = await client.post("/sign-in", data={"phone": "x"}, headers=headers)

    assert response.status_code == status


async def test_the_request_id_of_the_proxy_is_kept_and_a_strange_one_is_not(client):
    kept = await client.get("/health/live", headers={"x-request-id": "abcdef-0123456789"})
    strange = await client.get("/health/live", headers={"x-request-id": "a b"})

    assert kept.headers["x-request-id"] == "abcdef-0123456789"
    assert strange.headers["x-request-id"] != "a b"


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client):
    page = await client.get("/no/such/page")
    problem = await client.get("/api/v1/no/such")

    assert (page.status_code, problem.status_code) == (404, 404)
    assert "<h1" in page.text
    assert problem.headers["content-type"].startswith("application/problem+json")
    assert problem.json()["errors"] == []


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(client):
    response = await client.get("/applications")

    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=/applications"
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_readiness_is_about_the_database_and_life_is_not(client, monkeypatch):
    from backend.core import db

    async def away():
        raise ConnectionRefusedError

    assert (await client.get("/health/ready")).status_code == 200
    monkeypatch.setattr(db, "connection", away)
    assert (await client.get("/health/live")).status_code == 200


async def test_the_metrics_are_not_for_the_outside(client):
    outside = await client.get("/metrics", headers={"x-forwarded-for": "198.51.100.7"})
    inside = await client.get("/metrics")

    assert outside.status_code == 404
    assert "denghuo_jobs_waiting 0" in inside.text


# ── hostile input ──────────────────────────────────────────────────────────

HOSTILE_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"phone": null}',
    b'{"phone": "\\u0000"}',
    b'{"phone": 1e400}',
    b'{"phone": "13800000001", "more": 1}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    json.dumps({"phone": "1" * 500_000}).encode(),
]
HOSTILE_PATHS = [
    "/api/v1/applications/%00",
    "/api/v1/applications/" + "9" * 5000,
    "/api/v1/usage-points/%ff%fe",
    "/api/v1/notifications?cursor=%00",
    "/api/v1/notifications?limit=99999999999999999999",
    "/applications/%252e%252e",
    "/notifications/" + str(2**70),
    "/settings/sessions/not-a-uuid/end",
]


@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_hostile_body_is_a_4xx(client, body, kind):
    await sign_in(client, "13800000001")

    for path in ("/api/v1/auth/codes", "/api/v1/usage-points", "/sign-in"):
        response = await client.post(path, content=body, headers={"content-type": kind})
        assert 400 <= response.status_code < 500, (path, response.status_code)


@pytest.mark.parametrize(
    "body",
    [
        b'--b\r\nContent-Disposition: form-data; name="phone"\r\n\r\n1',
        b"--b",
        b'--b\r\nContent-Disposition: form-data; name="phone"; filename="x"\r\n\r\n1\r\n--b--\r\n',
        b"\r\n\r\n",
    ],
)
async def test_a_broken_multipart_body_is_a_4xx(client, body):
    headers = {"content-type": "multipart/form-data; boundary=b"}

    response = await client.post("/sign-in", content=body, headers=headers)

    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=lambda path: path[:40])
async def test_a_hostile_address_is_never_a_5xx(client, path):
    await sign_in(client, "13800000001")

    assert (await client.get(path)).status_code < 500


# ── errors ─────────────────────────────────────────────────────────────────


GONE = [
    ConnectionRefusedError(),
    TimeoutError(),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("cannot switch to state 12"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
]


class Number(Struct):
    n: int


@get("/api/boom")
async def boom() -> None:
    raise KeyError("a secret detail")


@get("/api/often")
async def often() -> None:
    raise TooMany(retry_after=7)


@get("/api/away/{number:int}")
async def gone(number: FromPath[int]) -> None:
    raise GONE[number]


@post("/api/number")
async def number(data: JSONBody[Number]) -> int:
    return data.n


@pytest.fixture
def small():
    found = Litestar(
        [boom, often, number, gone], exception_handlers=exception_handlers(), logging_config=None
    )
    found.asgi_handler = RequestFrame(SameOriginGuard(found.asgi_handler))
    return browser_client(found)


async def test_what_breaks_is_logged_and_not_told(small, caplog):
    async with small as client:
        response = await client.get("/api/boom")

    assert response.status_code == 500
    assert "secret" not in response.text
    assert "request failed" in caplog.text


async def test_who_is_too_fast_is_told_when_to_come_back(small):
    async with small as client:
        response = await client.get("/api/often")

    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"


async def test_a_wrong_field_is_named_in_words(small):
    async with small as client:
        response = await client.post("/api/number", json={"n": "many"})

    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": "n", "message": "请填写数字。"}]


@pytest.mark.parametrize("number", range(len(GONE)))
async def test_while_the_database_is_away_the_answer_is_to_come_back(small, number):
    async with small as client:
        response = await client.get(f"/api/away/{number}")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
