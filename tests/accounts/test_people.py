"""What an operator does: staff, systems, keys."""

import asyncio

import pytest

from backend.accounts import service
from backend.core.errors import OperatorError
from backend.core.keyfile import load_or_create
from tests.accounts.given import caller, sql


async def test_a_member_of_staff_is_added_once_and_may_be_changed(db):
    await service.add_staff("QH1", "王强", "agent", "+86 13800000102", None)
    await service.add_staff("QH1", "王强", "supervisor", "13800000102", "客户服务中心")

    assert [row["role"] for row in await sql("SELECT role FROM staff_member")] == ["supervisor"]
    assert (await caller("13800000102")).staff.department == "客户服务中心"
    actions = [row["action"] for row in await sql("SELECT action FROM audit_entry")]
    assert actions == ["staff-added"] * 2


@pytest.mark.parametrize(
    "given",
    [
        ("", "王强", "agent", "13800000102", None),
        ("QH1", "", "agent", "13800000102", None),
        ("QH1", "王强", "boss", "13800000102", None),
        ("QH1", "王强", "agent", "phone", None),
    ],
)
async def test_staff_that_breaks_a_rule_is_refused_in_a_sentence(db, given):
    with pytest.raises(OperatorError):
        await service.add_staff(*given)


async def test_the_secret_of_a_system_is_told_once(db):
    made = await service.add_client("营销系统", "feed")

    assert len(made["client_secret"]) >= 43
    assert made["client_secret"] not in str(await sql("SELECT c::text FROM api_client c"))
    assert made["client_id"] != (await service.add_client("营销系统", "feed"))["client_id"]


def test_keys_are_made_once(tmp_path):
    first = service.prepare_keys(tmp_path)

    assert service.prepare_keys(tmp_path) == first
    made = sorted(path.name for path in (tmp_path / "keys").iterdir())
    assert made == ["pepper", "token-1.pem"]


async def test_processes_that_start_together_share_one_key(tmp_path):
    numbers = iter(range(1000))

    found = await asyncio.gather(
        *(
            asyncio.to_thread(load_or_create, tmp_path / "key", lambda: b"%d" % next(numbers))
            for _ in range(20)
        )
    )

    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
