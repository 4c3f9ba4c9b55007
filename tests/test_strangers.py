"""What is not yours does not exist: every address with a parameter, walked by a stranger.

The list is made from the routes themselves, so a new address fails here until it says whose record it
takes or why anyone may have it.
"""

from typing import Any

import httpx
import pytest
from litestar import Litestar

from backend.core import db as database
from backend.integration import demo
from tests.people import bearer, browser_client, sign_in

OWNER, STRANGER, STAFF = "13800000002", "13800000001", "13800000102"
APPLICATION, USAGE_POINT = "QH2611130087", "3205110412"

# Addresses whose parameter names nobody's record, each with its reason.
EVERYBODYS = {
    "/static/{release:str}/{path:path}": "files of the app",
    "/api/{path:str}": "Litestar's catch-all beside the description of the API",
    "/api/v1/feed/{kind:str}": "for the utility's systems; tests/integration",
    "/applications/new/{code:str}": "a type of the catalogue",
}
FORMS: dict[str, dict[str, str]] = {
    "/api/v1/applications/{no:str}/nudges": {"text": "请尽快"},
    "/applications/{no:str}/nudges": {"text": "请尽快"},
    "/staff/applications/{no:str}/explanations": {"reason": "原因", "next_step": "下一步"},
    "/staff/nudges/{nudge:uuid}/answer": {"answer": "已安排"},
}


def walked(app: Litestar) -> list[tuple[str, str]]:
    return sorted(
        (method, route.path)
        for route in app.routes
        if "{" in route.path and route.path not in EVERYBODYS
        for method in route.methods - {"OPTIONS", "HEAD"}
    )


@pytest.fixture
async def records(client: httpx.AsyncClient) -> dict[str, Any]:
    """One record of the owner's for each kind of parameter."""
    await demo.fill()
    await sign_in(client, OWNER)
    nudged = await client.post(f"/applications/{APPLICATION}/nudges", data={"text": "请尽快"})
    assert nudged.status_code == 303, nudged.text
    async with database.connection() as connection:
        return {
            "no": None,
            "session_id": await connection.fetchval("SELECT id FROM session LIMIT 1"),
            "number": await connection.fetchval(
                "SELECT n.id FROM notification n JOIN person p ON p.id = n.person WHERE p.phone = $1",
                OWNER,
            ),
            "nudge": await connection.fetchval("SELECT id FROM nudge LIMIT 1"),
            "subscription_id": await _device(connection),
        }


async def _device(connection: Any) -> Any:
    return await connection.fetchval(
        "INSERT INTO push_subscription (id, person, session, endpoint, p256dh, auth, vapid_key, device,"
        " created_at, seen_at) SELECT gen_random_uuid(), person, id, 'https://push.example/x', '', '',"
        " '', '', now(), now() FROM session LIMIT 1 RETURNING id"
    )


def address(path: str, records: dict[str, Any]) -> str:
    name = path.split("{")[1].split(":", maxsplit=1)[0]
    value = records[name]
    if name == "no":
        value = USAGE_POINT if "usage-points" in path else APPLICATION
    return path.split("{", maxsplit=1)[0] + str(value) + path.split("}")[1]


async def statuses(
    app: Litestar, records: dict[str, Any], pages: httpx.AsyncClient, headers: dict[str, str]
) -> dict[tuple[str, str], int]:
    """What each address answers: pages by cookie, the API by bearer token."""
    found = {}
    for method, path in walked(app):
        where, form = address(path, records), FORMS.get(path, {})
        if path.startswith("/api/"):
            async with browser_client(app) as program:
                answer = await program.request(method, where, json=form, headers=headers)
        else:
            answer = await pages.request(method, where, data=form)
        found[method, path] = answer.status_code
    return found


async def test_a_stranger_finds_nothing_of_the_owner_s(app, client, records):
    async with browser_client(app) as stranger:
        await sign_in(stranger, STRANGER)
        found = await statuses(app, records, stranger, await bearer(client, STRANGER))

    staff = {key: status for key, status in found.items() if key[1].startswith("/staff")}
    assert {
        key: status for key, status in found.items() if key not in staff and status != 404
    } == {}
    assert set(staff.values()) == {403}


async def test_the_owner_and_the_staff_find_all_of_it(app, client, records):
    """So that the walk above cannot pass because an address is simply wrong."""
    async with browser_client(app) as staff:
        await sign_in(staff, STAFF)
        mine = await statuses(app, records, client, await bearer(client, OWNER))
        theirs = await statuses(app, records, staff, {})

    found = {key: (theirs if key[1].startswith("/staff") else mine)[key] for key in mine}
    assert {key: status for key, status in found.items() if status in (403, 404)} == {}


async def test_who_is_not_signed_in_finds_nothing_either(app, client, records):
    async with browser_client(app) as nobody:
        found = await statuses(app, records, nobody, {})

    assert set(found.values()) <= {303, 401}
