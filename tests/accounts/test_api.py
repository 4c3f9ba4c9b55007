"""The JSON addresses: sign-in, tokens, me, usage points; every refusal has its shape."""

import asyncio

import pytest

from backend.accounts import service, sessions
from backend.accounts.rules import CODES_A_MINUTE
from backend.accounts.schemas import RequestCode
from backend.accounts.tokens import verified
from backend.core import db as database
from tests.accounts.given import (
    ADDRESS,
    NO,
    OTHER_NO,
    PHONE,
    at,
    cookie,
    fed,
    household,
    member,
    proof,
    sql,
    tokens,
)

pytestmark = pytest.mark.usefixtures("db")


def bearer(pair) -> dict[str, str]:
    return {"authorization": f"Bearer {pair.access_token}"}


async def token(client, **form):
    return await client.post("/api/v1/auth/token", data=form)


async def otp_form() -> dict[str, str]:
    command = await proof()
    return {
        "grant_type": "otp",
        "flow": str(command.flow),
        "phone": command.phone,
        "code": command.code,
    }


async def test_a_phone_gets_a_flow(client):
    answer = await client.post("/api/v1/auth/codes", json={"phone": PHONE})

    assert answer.status_code == 202
    assert set(answer.json()) == {"flow", "dev_code"}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("phone", ["", "123", "13800000001\n", "+8613800000001", None, 13800000001])
async def test_what_is_no_phone_gets_none(client, phone):
    answer = await client.post("/api/v1/auth/codes", json={"phone": phone})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "phone"


async def test_one_code_too_many_within_a_minute_is_refused_with_the_time_to_wait(client):
    for _ in range(CODES_A_MINUTE):
        await client.post("/api/v1/auth/codes", json={"phone": PHONE})

    answer = await client.post("/api/v1/auth/codes", json={"phone": PHONE})

    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_a_right_code_gives_tokens_that_work(client):
    answer = await token(client, **await otp_form())

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    me = await client.get("/api/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
    assert me.json()["phone"] == PHONE


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "x" * 50}, 400, "invalid_request"),
        ({"grant_type": "otp"}, 400, "invalid_request"),
        ({"grant_type": "otp", "flow": "1", "phone": PHONE, "code": "1"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 401, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x" * 300}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "invalid_request"),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
            401,
            "invalid_client",
        ),
    ],
)
async def test_a_refusal_says_why_in_both_vocabularies(client, form, status, error):
    answer = await token(client, **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("code", ["000", "abcdef", "١٢٣٤٥٦"])
async def test_a_code_that_is_no_code_is_a_wrong_code(client, code):
    answer = await token(client, **(await otp_form() | {"code": code}))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_grant")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"{}", b"grant_type=otp&grant_type=otp", b"%00=%00", b"a" * 5000]
)
async def test_a_hostile_body_is_refused(client, body):
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
        answer = await client.post(
            "/api/v1/auth/token", content=body, headers={"content-type": kind}
        )

        assert 400 <= answer.status_code < 500


async def test_a_refreshed_token_works_and_twins_get_a_conflict(client):
    pair = await tokens()

    answers = await asyncio.gather(
        *(
            token(client, grant_type="refresh_token", refresh_token=pair.refresh_token)
            for _ in range(10)
        )
    )

    assert sorted(one.status_code for one in answers) == [200] + [409] * 9
    assert {one.json().get("error") for one in answers} == {None, "invalid_grant"}


async def test_a_system_gets_a_token_for_its_scope_and_no_refresh_token(client):
    made = await service.add_client("营销系统 ERP", "feed")

    answer = await token(client, grant_type="client_credentials", **made)

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/api/v1/probe/client", headers=headers)).text == "营销系统 ERP"
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_a_wrong_secret_gets_nothing(client):
    made = await service.add_client("erp", "feed")

    answer = await token(
        client, grant_type="client_credentials", **(made | {"client_secret": "wrong"})
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert made["client_secret"] not in str(await sql("SELECT c::text FROM api_client c"))


async def test_a_system_that_is_ended_is_out_at_once(client):
    made = await service.add_client("erp", "feed")
    answer = await token(client, grant_type="client_credentials", **made)
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}

    await sql("UPDATE api_client SET ended_at = now()")

    assert (await client.get("/api/v1/probe/client", headers=headers)).status_code == 401
    assert (await token(client, grant_type="client_credentials", **made)).status_code == 401


async def test_a_person_is_no_system(client):
    answer = await client.get("/api/v1/probe/client", headers=bearer(await tokens()))

    assert answer.status_code == 401


async def test_revocation_is_immediate_for_bearer_and_cookie(client):
    pair, session = await tokens(), await cookie()
    client.cookies.set("sid", session.token)
    for headers in (bearer(pair), {}):
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 200

    await sessions.end(verified(pair.access_token).sid, "test")
    await sessions.end(session.id, "test")

    for headers in (bearer(pair), {}):
        answer = await client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["title"] == "not-signed-in"


async def test_a_bad_bearer_is_not_helped_by_a_good_cookie(client):
    client.cookies.set("sid", (await cookie()).token)

    for value in ("Bearer x", "bearer", "Basic eDp5", "Bearer"):
        answer = await client.get("/api/v1/me", headers={"authorization": value})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("site", "status"),
    [(None, 200), ("same-origin", 200), ("none", 200), ("same-site", 401), ("cross-site", 401)],
)
async def test_the_cookie_counts_on_the_api_only_for_our_own_pages(client, site, status):
    client.cookies.set("sid", (await cookie()).token)

    answer = await client.get("/api/v1/me", headers={"sec-fetch-site": site} if site else {})

    assert answer.status_code == status


async def test_a_token_of_a_session_that_is_another_persons_is_refused(client):
    mine, hers = await tokens(), await tokens("13800000002")
    from uuid import UUID

    from backend.accounts.tokens import access_token

    mixed = access_token(UUID(verified(mine.access_token).sub), verified(hers.access_token).sid)

    answer = await client.get("/api/v1/me", headers={"authorization": f"Bearer {mixed}"})

    assert answer.status_code == 401


async def test_an_access_token_is_not_good_on_pages(client):
    answer = await client.get("/settings", headers=bearer(await tokens()))

    assert "data-signed-in" not in answer.text


async def test_only_staff_pass_where_staff_is_asked_for(client):
    await fed(member())

    answers = [
        await client.get("/api/v1/probe/staff", headers=headers)
        for headers in ({}, bearer(await tokens()), bearer(await tokens("13800000102")))
    ]

    assert [one.status_code for one in answers] == [401, 403, 200]


async def test_usage_points_through_the_api(client):
    await household()
    headers = bearer(await tokens())
    wish = {"no": OTHER_NO, "proof_kind": "meter", "proof": "1226"}

    made = await client.post("/api/v1/usage-points", json=wish, headers=headers)
    listed = await client.get("/api/v1/usage-points", headers=headers)
    shown = await client.get(f"/api/v1/usage-points/{OTHER_NO}", headers=headers)
    removed = await client.delete(f"/api/v1/usage-points/{OTHER_NO}", headers=headers)

    assert (made.status_code, shown.status_code, removed.status_code) == (201, 200, 204)
    assert [item["no"] for item in listed.json()["items"]] == [NO, OTHER_NO]
    assert listed.json()["next"] is None
    assert listed.json()["items"][0]["no_masked"] == "3205****0367"
    assert (
        await client.get(f"/api/v1/usage-points/{OTHER_NO}", headers=headers)
    ).status_code == 404


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"no": OTHER_NO},
        {"no": "1", "proof_kind": "meter", "proof": "1226"},
        {"no": "9" * 30, "proof_kind": "meter", "proof": "1226"},
        {"no": OTHER_NO, "proof_kind": "face", "proof": "1226"},
        {"no": OTHER_NO, "proof_kind": "meter", "proof": "1" * 21},
        {"no": OTHER_NO, "proof_kind": "meter", "proof": "0000"},
        {"no": OTHER_NO, "proof_kind": "bill", "proof": "1.00"},
        {"no": OTHER_NO, "proof_kind": "meter", "proof": "1226", "role": "owner"},
    ],
)
async def test_a_binding_that_breaks_a_rule_is_refused(client, wish):
    await household()

    answer = await client.post("/api/v1/usage-points", json=wish, headers=bearer(await tokens()))

    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_another_ones_and_a_made_up_usage_point_are_the_same_404(client):
    await household()
    headers = bearer(await tokens())

    for method in ("GET", "DELETE"):
        answers = [
            await client.request(method, f"/api/v1/usage-points/{no}", headers=headers)
            for no in (OTHER_NO, "9999999999", "%00", "x" * 500)
        ]
        assert {one.status_code for one in answers} <= {404, 400}
        assert answers[0].json() == answers[1].json()


async def test_ones_registered_usage_point_cannot_be_given_up(client):
    await household()

    answer = await client.delete(f"/api/v1/usage-points/{NO}", headers=bearer(await tokens()))

    assert answer.status_code == 409


async def test_nothing_is_shown_without_signing_in(client):
    for method, path in (
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/usage-points"),
        ("POST", "/api/v1/usage-points"),
        ("GET", f"/api/v1/usage-points/{NO}"),
        ("DELETE", f"/api/v1/usage-points/{NO}"),
    ):
        answer = await client.request(method, path)
        assert (path, answer.status_code) == (path, 401)


async def test_a_database_that_is_away_is_not_a_sign_out(client, monkeypatch):
    async def away(token):
        raise ConnectionRefusedError

    monkeypatch.setattr(sessions, "by_cookie", away)
    client.cookies.set("sid", "x" * 43)

    assert (await client.get("/api/v1/me")).status_code == 503
    assert (await client.get("/sign-in")).status_code == 200
    assert database.AWAY


async def test_tokens_expire_with_the_clock(client):
    headers = bearer(await tokens())

    with at(minutes=11):
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_the_limit_for_an_address_is_the_callers_own(client):
    for n in range(30):
        await service.request_code(RequestCode(phone=f"139{n:08d}"), ADDRESS)

    answer = await client.post("/api/v1/auth/codes", json={"phone": PHONE})

    assert answer.status_code == 202


def test_the_addresses_are_described(app):
    schema = app.openapi_schema.to_schema()

    assert {"/api/v1/auth/codes", "/api/v1/auth/token", "/api/v1/me"} <= set(schema["paths"])
    assert "/sign-in" not in schema["paths"]


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/sign-in/code", "/settings/display", "/settings/usage-points", "/sign-out"],
)
async def test_files_and_noise_in_a_form_are_no_failure(client, path):
    client.cookies.set("sid", (await cookie()).token)
    client.cookies.set("flow", f"{'0' * 32}.{PHONE}.")
    names = ("phone", "code", "next", "no", "proof", "proof_kind", "theme", "locale", "mode")

    answers = [
        await client.post(path, files=dict.fromkeys(names, ("x", b"\x00\xff"))),
        await client.post(path, data=dict.fromkeys(names, "\x00\ud7ff😀" * 300)),
        await client.post(path, content=b"\xff=%ff&%=%", headers={"content-type": "text/plain"}),
    ]

    assert all(one.status_code < 500 for one in answers)
