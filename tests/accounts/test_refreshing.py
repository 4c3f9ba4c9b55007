"""Refresh tokens: good once, forgiving to twins, deadly to a thief and to the robbed."""

import asyncio
import base64
from uuid import uuid4

import pytest

from backend.accounts import sessions
from backend.accounts.errors import InvalidGrant
from backend.accounts.refreshing import refresh
from backend.accounts.tokens import refresh_token, verified
from backend.core.errors import Conflict
from tests.accounts.given import at, sql, tokens

pytestmark = pytest.mark.usefixtures("db")


async def test_a_refresh_token_gives_a_new_pair_of_the_same_session():
    first = await tokens()

    second = await refresh(first.refresh_token)

    assert verified(second.access_token).sid == verified(first.access_token).sid
    assert second.refresh_token != first.refresh_token
    assert await refresh(second.refresh_token)


async def test_fifty_uses_at_once_give_one_successor_and_throw_nobody_out():
    first = await tokens()

    answers = await asyncio.gather(
        *(refresh(first.refresh_token) for _ in range(50)), return_exceptions=True
    )

    good = [one for one in answers if not isinstance(one, BaseException)]
    assert len(good) == 1
    assert {type(one) for one in answers if isinstance(one, BaseException)} == {Conflict}
    assert await refresh(good[0].refresh_token)


async def test_a_spent_token_that_comes_back_later_ends_the_session():
    first = await tokens()
    second = await refresh(first.refresh_token)
    session = verified(second.access_token).sid

    with at(seconds=11), pytest.raises(InvalidGrant):
        await refresh(first.refresh_token)

    assert not await sessions.is_live(session)
    with pytest.raises(InvalidGrant):
        await refresh(second.refresh_token)
    entry = (await sql("SELECT actor, action, subject FROM audit_entry"))[0]
    assert entry["action"] == "refresh-reused"
    assert entry["subject"] == f"session:{session}"


async def test_a_token_spent_long_ago_ends_the_session_too():
    first = await tokens()
    token = first.refresh_token
    for _ in range(3):
        token = (await refresh(token)).refresh_token

    with pytest.raises(InvalidGrant):
        await refresh(first.refresh_token)

    assert not await sessions.is_live(verified(first.access_token).sid)


async def test_a_made_up_token_ends_nothing():
    pair = await tokens()
    session = verified(pair.access_token).sid
    forged = base64.urlsafe_b64encode(session.bytes + b"x" * 48).decode().rstrip("=")

    for token in (forged, refresh_token(uuid4()), "", "x", "!" * 86, pair.access_token, "青"):
        with pytest.raises(InvalidGrant):
            await refresh(token)

    assert await sessions.is_live(session)
    assert await refresh(pair.refresh_token)


async def test_a_refresh_token_dies_with_its_session():
    pair = await tokens()
    await sessions.end(verified(pair.access_token).sid, "test")

    with pytest.raises(InvalidGrant):
        await refresh(pair.refresh_token)


async def test_a_refresh_token_dies_of_two_idle_weeks():
    pair = await tokens()

    with at(days=15), pytest.raises(InvalidGrant):
        await refresh(pair.refresh_token)


async def test_only_hashes_of_refresh_tokens_are_stored():
    pair = await tokens()
    await refresh(pair.refresh_token)

    assert str(pair.refresh_token) not in str(await sql("SELECT s::text FROM session s"))
