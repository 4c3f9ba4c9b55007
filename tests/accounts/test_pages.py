"""The pages of sign-in and settings, used as a browser without JavaScript uses them."""

import re

import httpx
import pytest

from backend.accounts import edge, sessions
from backend.accounts.rules import CODES_A_MINUTE
from backend.config import Settings
from tests.accounts.given import (
    NO,
    OTHER_NO,
    OTHER_PHONE,
    PHONE,
    cookie,
    fed,
    household,
    member,
    sql,
)

pytestmark = pytest.mark.usefixtures("db")


async def sign_in(client: httpx.AsyncClient, phone: str = PHONE, target: str = "/"):
    """Through the pages, with the code the page shows; the last answer."""
    await sql("DELETE FROM rate_count")
    asked = await client.post("/sign-in", data={"phone": phone, "next": target})
    shown = await client.get(asked.headers["location"])
    code = re.search(r"data-dev-code>(\d{6})<", shown.text)[1]
    back = re.findall(r'name="next" value="([^"]*)"', shown.text)[-1]  # the header has others
    return await client.post("/sign-in/code", data={"code": code, "next": back})


async def test_the_way_in(client):
    answer = await sign_in(client, target="/applications?state=open")

    assert (answer.status_code, answer.headers["location"]) == (303, "/applications?state=open")
    assert "data-signed-in" in (await client.get("/settings")).text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    answer = await sign_in(client)

    cookies = answer.headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith("sid="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/" in session
    assert "Domain" not in session


async def test_behind_https_the_cookie_is_bound_to_host_and_https(client, monkeypatch):
    from backend.accounts import cookies

    monkeypatch.setattr(cookies, "settings", lambda: Settings(base_url="https://denghuo.cn"))
    session = await cookie()

    made = cookies.session_cookie(session).to_header(header="")

    assert made.startswith("__Host-sid=")
    assert "Secure" in made
    answer = await client.get("/settings", headers={"cookie": f"__Host-sid={session.token}"})
    assert "data-signed-in" in answer.text
    answer = await client.get("/settings", headers={"cookie": f"sid={session.token}"})
    assert "data-signed-in" not in answer.text


@pytest.mark.parametrize("typed", ["+86 138 0000 0001", "138-0000-0001"])
async def test_a_phone_may_be_written_as_people_do(client, typed):
    answer = await client.post("/sign-in", data={"phone": typed})

    assert answer.status_code == 303


@pytest.mark.parametrize("typed", ["", "12345", "电话"])
async def test_what_is_no_phone_is_said_beside_the_field_and_kept(client, typed):
    answer = await client.post("/sign-in", data={"phone": typed, "next": "/settings"})

    assert answer.status_code == 422
    assert 'id="phone-error"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'name="next" value="/settings"' in answer.text


async def test_asking_too_often_is_said_on_the_page(client):
    for _ in range(CODES_A_MINUTE):
        await client.post("/sign-in", data={"phone": PHONE})

    answer = await client.post("/sign-in", data={"phone": PHONE})

    assert answer.status_code == 429
    assert 'id="phone-error"' in answer.text


@pytest.mark.parametrize("typed", ["", "12345", "abcdef"])
async def test_what_is_no_code_is_said_beside_the_field(client, typed):
    await client.post("/sign-in", data={"phone": PHONE})

    answer = await client.post("/sign-in/code", data={"code": typed})

    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text


async def test_a_wrong_code_signs_nobody_in(client):
    asked = await client.post("/sign-in", data={"phone": PHONE})
    shown = await client.get(asked.headers["location"])
    code = re.search(r"data-dev-code>(\d{6})<", shown.text)[1]

    answer = await client.post("/sign-in/code", data={"code": f"{(int(code) + 1) % 10**6:06d}"})

    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    assert "sid" not in client.cookies


@pytest.mark.parametrize("value", ["", "x", "1.2.3", "zz.13800000001.", f"{'0' * 32}.1380.x"])
async def test_the_code_page_without_its_cookie_starts_again(client, value):
    client.cookies.set("flow", value)

    for answer in (
        await client.get("/sign-in/code"),
        await client.post("/sign-in/code", data={"code": "123456"}),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_the_flow_of_another_browser_signs_nobody_in(client, app):
    await client.post("/sign-in", data={"phone": PHONE})
    code = (await sql("SELECT args ->> 'text' AS text FROM job"))[0]["text"]
    code = re.search(r"\d{6}", code)[0]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as thief:
        await thief.post("/sign-in", data={"phone": OTHER_PHONE})
        answer = await thief.post("/sign-in/code", data={"code": code})

    assert answer.status_code == 422


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_signing_in_leads_to_no_other_site(client, target):
    assert (await sign_in(client, target=target)).headers["location"] == "/"
    answer = await client.get("/sign-in", params={"next": target})
    assert answer.headers["location"] == "/"


async def test_whoever_is_signed_in_need_not_sign_in(client):
    await sign_in(client)

    answer = await client.get("/sign-in?next=/settings")

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")


async def test_signing_in_again_ends_the_session_before(client):
    await sign_in(client)
    former = client.cookies["sid"]

    await sign_in(client, OTHER_PHONE)

    assert client.cookies["sid"] != former
    assert await sessions.by_cookie(former) is None


async def test_a_made_up_session_cookie_is_never_taken_over(client):
    client.cookies.set("sid", "x" * 43)

    await sign_in(client)

    assert await sessions.by_cookie("x" * 43) is None


async def test_sign_out_ends_the_session_and_empties_the_device(client):
    await sign_in(client)
    token = client.cookies["sid"]

    answer = await client.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-out")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "sid" not in client.cookies
    assert await sessions.by_cookie(token) is None
    after = await client.get("/sign-out")
    assert "data-signed-out" in after.text
    assert after.headers["cache-control"] == "no-store"


async def test_signing_out_twice_is_signed_out(client):
    assert (await client.post("/sign-out")).status_code == 303


async def test_another_site_cannot_sign_anyone_out(client):
    await sign_in(client)

    answer = await client.post("/sign-out", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert await sessions.by_cookie(client.cookies["sid"])


async def test_display_is_chosen_also_without_signing_in(client):
    answer = await client.post(
        "/settings/display",
        data={"theme": "dark", "mode": "care", "locale": "en", "next": "/sign-in"},
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    shown = await client.get("/sign-in")
    for sign in ('data-theme="dark"', 'data-mode="care"', 'lang="en"'):
        assert sign in shown.text


async def test_one_button_changes_one_thing(client):
    await client.post("/settings/display", data={"theme": "dark"})

    await client.post("/settings/display", data={"mode": "care"})

    assert (client.cookies["theme"], client.cookies["mode"]) == ("dark", "care")


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"locale": "xx", "mode": "care"}, {}])
async def test_what_cannot_be_chosen_changes_nothing(client, form):
    answer = await client.post("/settings/display", data=form)

    assert answer.status_code == 303
    assert not client.cookies


async def test_display_leads_to_no_other_site(client):
    answer = await client.post("/settings/display", data={"next": "//evil.example"})

    assert answer.headers["location"] == "/"


async def test_the_language_is_also_that_of_messages(client):
    await sign_in(client)

    await client.post("/settings/display", data={"locale": "en"})

    assert (await sql("SELECT locale FROM person"))[0]["locale"] == "en"


async def test_a_device_without_a_choice_speaks_the_persons_language(client):
    await sign_in(client)
    await sql("UPDATE person SET locale = 'en'")

    assert 'lang="en"' in (await client.get("/settings")).text


async def test_settings_are_there_for_everyone_and_show_nobody(client):
    await household()

    shown = await client.get("/settings")

    assert shown.status_code == 200
    assert "3205" not in shown.text


async def test_settings_show_ones_usage_points_masked_and_ones_devices(client):
    await household()
    await sign_in(client)

    shown = (await client.get("/settings")).text

    assert "3205****0367" in shown
    assert "青禾大道" in shown
    assert "138****0001" in shown
    assert PHONE not in shown


async def test_a_usage_point_is_bound_chosen_and_given_up(client):
    await household()
    await sign_in(client)
    wish = {"no": OTHER_NO, "proof_kind": "meter", "proof": "1226"}

    bound = await client.post("/settings/usage-points", data=wish)
    chosen = await client.post(f"/settings/usage-points/{OTHER_NO}/choice")

    assert bound.headers["location"] == chosen.headers["location"] == "/settings#usage-points"
    current = "SELECT current_usage_point AS no FROM person WHERE phone = $1"
    assert (await sql(current, PHONE))[0]["no"] == OTHER_NO

    await client.post(f"/settings/usage-points/{OTHER_NO}/removal")
    assert "3205****0412" not in (await client.get("/settings")).text


async def test_a_wrong_proof_is_said_beside_the_field_and_what_was_typed_stays(client):
    await household()
    await sign_in(client)
    wish = {"no": OTHER_NO, "proof_kind": "meter", "proof": "0000"}

    answers = [await client.post("/settings/usage-points", data=wish) for _ in range(6)]

    assert [one.status_code for one in answers] == [422] * 6
    assert 'id="proof-error"' in answers[0].text
    assert 'id="no-error"' in answers[5].text  # too often
    assert f'value="{OTHER_NO}"' in answers[0].text


async def test_what_is_a_strangers_is_not_found(client):
    await household()
    stranger = await cookie(OTHER_PHONE)
    await sign_in(client)

    for path in (
        f"/settings/usage-points/{OTHER_NO}/choice",
        f"/settings/usage-points/{OTHER_NO}/removal",
        f"/settings/sessions/{stranger.id}/ending",
    ):
        answer = await client.post(path)
        assert (path, answer.status_code) == (path, 404)
    assert await sessions.by_cookie(stranger.token)


async def test_ones_registered_usage_point_cannot_be_given_up(client):
    await household()
    await sign_in(client)

    answer = await client.post(f"/settings/usage-points/{NO}/removal")

    assert answer.status_code == 409


async def test_another_device_is_ended_from_the_list(client):
    await sign_in(client)
    other = await cookie()

    answer = await client.post(f"/settings/sessions/{other.id}/ending")

    assert answer.status_code == 303
    assert await sessions.by_cookie(other.token) is None


async def test_deeds_without_signing_in_lead_to_sign_in(client):
    for path in (
        "/settings/usage-points",
        f"/settings/usage-points/{NO}/choice",
        f"/settings/usage-points/{NO}/removal",
    ):
        answer = await client.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_staff_have_their_workbench_in_the_header(client):
    await fed(member())
    await sign_in(client, "13800000102")

    shown = (await client.get("/settings")).text

    assert 'href="/staff"' in shown
    assert "王强" in shown


async def test_the_badge_counts_what_is_unread(client, monkeypatch):
    async def seven(person) -> int:
        return 7

    monkeypatch.setattr(edge, "unread_badge", seven)
    await sign_in(client)

    assert 'data-unread="7"' in (await client.get("/settings")).text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/sign-in/code"])
async def test_pages_of_signing_in_are_kept_nowhere(client, path):
    await client.post("/sign-in", data={"phone": PHONE})

    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
