"""One-time codes: limits, tries, expiry, one answer for everybody, one session a code."""

import asyncio
import re
from uuid import uuid4

import msgspec
import pytest

from backend.accounts import codes, service
from backend.accounts.errors import WrongCode
from backend.accounts.rules import (
    CODES_A_DAY,
    CODES_A_MINUTE,
    CODES_AN_HOUR_FROM_ONE_ADDRESS,
)
from backend.accounts.schemas import ProveCode, RequestCode
from backend.core.errors import TooMany
from tests.accounts.given import (
    ADDRESS,
    OTHER_PHONE,
    PHONE,
    as_job,
    at,
    customer,
    fed,
    member,
    proof,
    sql,
)

pytestmark = pytest.mark.usefixtures("db")


async def ask(phone: str = PHONE, address: str = ADDRESS):
    return await service.request_code(RequestCode(phone=phone), address)


async def enter(command: ProveCode):
    return await service.sign_in(command, "", None)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a_right_code_signs_in():
    session = await enter(await proof())

    assert len(session.token) >= 43
    assert (await sql("SELECT phone FROM person"))[0]["phone"] == PHONE


async def test_the_code_is_sent_by_text_and_stored_only_as_a_hash():
    sent = await ask()

    text = (await sql("SELECT args ->> 'text' AS text FROM job WHERE kind = 'core.sms'"))[0]["text"]
    kept = (await sql("SELECT code_hash FROM sign_in_code"))[0]["code_hash"]
    assert re.search(rf"\b{sent.dev_code}\b", text)
    assert len(kept) == 64
    assert sent.dev_code.encode() not in kept


async def test_the_code_is_told_to_nobody_where_texts_are_sent(monkeypatch):
    from backend.config import Settings

    monkeypatch.setattr(codes, "settings", lambda: Settings(sms_url="https://sms.example.cn"))

    assert (await ask()).dev_code is None


async def test_known_and_unknown_phones_get_the_same_answer():
    await fed(customer())

    known, unknown = await ask(PHONE), await ask(OTHER_PHONE)

    assert {type(v) for v in msgspec.structs.astuple(known)} == {
        type(v) for v in msgspec.structs.astuple(unknown)
    }
    assert len(await sql("SELECT 1 FROM job")) == 2


async def test_a_code_is_good_once():
    command = await proof()
    await enter(command)

    with pytest.raises(WrongCode):
        await enter(command)


async def test_thirty_uses_at_once_of_one_code_make_one_session():
    command = await proof()

    answers = await asyncio.gather(*(enter(command) for _ in range(30)), return_exceptions=True)

    assert sum(not isinstance(one, BaseException) for one in answers) == 1
    assert {type(one) for one in answers if isinstance(one, BaseException)} == {WrongCode}
    assert len(await sql("SELECT 1 FROM session")) == 1


async def test_five_wrong_tries_end_a_code():
    command = await proof()
    wrong = msgspec.structs.replace(command, code=other(command.code))
    for _ in range(5):
        with pytest.raises(WrongCode):
            await enter(wrong)

    with pytest.raises(WrongCode):
        await enter(command)


async def test_four_wrong_tries_do_not():
    command = await proof()
    wrong = msgspec.structs.replace(command, code=other(command.code))
    for _ in range(4):
        with pytest.raises(WrongCode):
            await enter(wrong)

    await enter(command)


async def test_a_code_expires_after_five_minutes():
    command = await proof()

    with at(minutes=4, seconds=59):
        await codes.prove(command)
    with at(minutes=5, seconds=1), pytest.raises(WrongCode):
        await enter(command)


async def test_a_code_belongs_to_its_flow_and_its_phone():
    command = await proof()

    for wrong in (
        msgspec.structs.replace(command, flow=uuid4()),
        msgspec.structs.replace(command, phone=OTHER_PHONE),
    ):
        with pytest.raises(WrongCode):
            await enter(wrong)
    await enter(command)


async def test_another_code_does_not_end_the_first():
    first = await proof()
    await proof()

    await enter(first)


async def test_a_phone_gets_three_codes_a_minute():
    for _ in range(CODES_A_MINUTE):
        await ask()

    with pytest.raises(TooMany) as refusal:
        await ask()
    assert 0 < refusal.value.retry_after <= 60
    with at(seconds=61):
        await ask()


async def test_a_phone_gets_thirty_codes_a_day():
    for minute in range(CODES_A_DAY):
        with at(minutes=2 * minute):
            await ask(address=f"198.51.100.{minute}")

    with at(minutes=90), pytest.raises(TooMany) as refusal:
        await ask()
    assert refusal.value.retry_after > 3600
    with at(hours=25):
        await ask()


async def test_an_address_gets_so_many_codes_an_hour():
    for n in range(CODES_AN_HOUR_FROM_ONE_ADDRESS):
        await ask(f"139{n:08d}")

    with pytest.raises(TooMany):
        await ask("13900001111")
    await ask("13900001111", "198.51.100.8")
    with at(minutes=61):
        await ask("13900002222")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_of_many_addresses_is_one(address, network):
    assert codes.network(address) == network


async def test_the_first_sign_in_opens_what_the_feed_gave():
    await fed(customer())
    await sql("DELETE FROM access")  # as if the grant of the feed had never been

    await enter(await proof())

    assert len(await sql("SELECT 1 FROM access WHERE source = 'phone'")) == 1


async def test_whoever_is_on_the_staff_list_signs_in_as_staff():
    await fed(member())
    await enter(await proof("13800000102"))
    await enter(await proof())

    found = await sql(
        "SELECT p.phone, s.is_staff FROM session s JOIN person p ON p.id = s.person ORDER BY 1"
    )
    assert [tuple(row) for row in found] == [(PHONE, False), ("13800000102", True)]


async def test_the_counts_are_forgotten_after_a_day():
    from backend.core.ratelimit import forget_rate_counts

    await ask()
    with at(hours=25):
        await as_job(forget_rate_counts)

    assert await sql("SELECT 1 FROM rate_count") == []


async def test_codes_are_forgotten_after_a_day():
    from backend.accounts.jobs import forget

    await ask()
    with at(hours=23):
        await as_job(forget)
    assert len(await sql("SELECT 1 FROM sign_in_code")) == 1

    with at(hours=25):
        await as_job(forget)
    assert await sql("SELECT 1 FROM sign_in_code") == []
