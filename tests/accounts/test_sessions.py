"""Sessions: their limits, their list, and that an end is an end."""

import pytest

from backend.accounts import service, sessions
from backend.accounts.tokens import verified
from backend.core.errors import NotFound
from tests.accounts.given import (
    OTHER_PHONE,
    PHONE,
    as_job,
    at,
    caller,
    cookie,
    fed,
    member,
    proof,
    sql,
    tokens,
)

pytestmark = pytest.mark.usefixtures("db")
STAFF = "13800000102"


async def alive(session) -> bool:
    return await sessions.by_cookie(session.token) is not None


async def test_a_cookie_leads_to_its_person():
    session = await cookie()

    found = await sessions.by_cookie(session.token)

    assert found.phone == PHONE
    assert found.session_id == session.id
    assert found.kind == "cookie"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 101, "青" * 20])
async def test_any_other_cookie_leads_to_nobody(token):
    assert await sessions.by_cookie(token) is None


async def test_only_the_hash_of_a_cookie_is_stored():
    session = await cookie()

    assert session.token not in str(await sql("SELECT s::text FROM session s"))


async def test_a_session_ends_after_two_idle_weeks():
    session = await cookie()

    with at(days=13):
        assert await alive(session)
    with at(days=13 + 13):
        assert await alive(session)  # used on day 13
    with at(days=13 + 13 + 15):
        assert not await alive(session)


async def test_a_session_ends_after_ninety_days_however_busy():
    session = await cookie()

    for day in range(10, 90, 10):
        with at(days=day):
            assert await alive(session)
    with at(days=90, seconds=1):
        assert not await alive(session)


async def test_a_staff_session_ends_after_half_an_idle_hour_and_after_a_shift():
    await fed(member())
    idle, busy = await cookie(STAFF), await cookie(STAFF)

    for minute in range(20, 12 * 60, 20):
        with at(minutes=minute):
            assert await alive(busy)
    with at(minutes=31):
        assert not await alive(idle)
    with at(hours=12, seconds=1):
        assert not await alive(busy)


async def test_being_seen_is_written_at_most_once_a_minute():
    session = await cookie()
    before = (await sql("SELECT seen_at FROM session"))[0]["seen_at"]

    with at(seconds=59):
        await alive(session)
    assert (await sql("SELECT seen_at FROM session"))[0]["seen_at"] == before

    with at(seconds=61):
        await alive(session)
    assert (await sql("SELECT seen_at FROM session"))[0]["seen_at"] > before


async def test_the_eleventh_session_ends_the_one_used_longest_ago():
    first = await cookie()
    others = [await cookie() for _ in range(9)]
    with at(minutes=5):
        assert await alive(first)

    await cookie()

    assert await alive(first)
    assert [await alive(one) for one in others] == [False] + [True] * 8


async def test_signing_in_again_ends_the_session_this_browser_had():
    former = await cookie()

    fresh = await service.sign_in(await proof(), "", await sessions.by_cookie(former.token))

    assert not await alive(former)
    assert await alive(fresh)


async def test_a_session_that_is_ended_is_over_at_once_for_all_its_tokens():
    pair = await tokens()
    session = verified(pair.access_token).sid
    assert await sessions.is_live(session)

    await sessions.end(session, "test")

    assert not await sessions.is_live(session)
    assert await sessions.by_id(session) is None


async def test_whoever_asked_is_told_of_the_end_of_a_session_once(monkeypatch):
    told = []

    async def hook(session) -> None:
        told.append(session)

    monkeypatch.setattr(sessions, "sign_out_hooks", [hook])
    me = await caller()

    await service.sign_out(me)
    await service.sign_out(me)

    assert told == [me.session_id]


async def test_the_list_shows_ones_own_living_sessions():
    me = await caller()
    ended = await cookie()
    await sessions.end(ended.id, "test")
    pair = await tokens()
    await cookie(OTHER_PHONE)

    lines = await service.list_sessions(me)

    assert {(line.id, line.kind.value, line.current) for line in lines} == {
        (me.session_id, "cookie", True),
        (verified(pair.access_token).sid, "bearer", False),
    }


async def test_one_may_end_another_session_of_ones_own():
    me, other = await caller(), await cookie()

    await service.end_session(me, other.id)

    assert not await alive(other)


async def test_a_strangers_session_is_not_found_and_stays():
    me, stranger = await caller(), await cookie(OTHER_PHONE)

    with pytest.raises(NotFound):
        await service.end_session(me, stranger.id)
    assert await alive(stranger)


async def test_whoever_leaves_the_staff_list_is_no_staff_at_once():
    await fed(member())
    session = await cookie(STAFF)
    assert (await sessions.by_cookie(session.token)).staff.role == "agent"

    await fed(member(phone=None))

    assert (await sessions.by_cookie(session.token)).staff is None


async def test_whoever_joins_the_staff_list_is_staff_after_signing_in_again():
    session = await cookie(STAFF)
    await fed(member())
    assert (await sessions.by_cookie(session.token)).staff is None

    assert (await caller(STAFF)).staff.name == "王强"


async def test_a_session_is_forgotten_a_month_after_its_end():
    from backend.accounts.jobs import forget

    me, kept = await caller(), await cookie()
    await service.sign_out(me)

    with at(days=31):
        await as_job(forget)

    assert [row["id"] for row in await sql("SELECT id FROM session")] == [kept.id]
