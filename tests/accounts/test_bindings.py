"""Usage points: bound by number and proof, listed, chosen, given up."""

import asyncio
from decimal import Decimal

import pytest

from backend.accounts import bindings, service
from backend.accounts.rules import BindingProof
from backend.accounts.schemas import BindUsagePoint
from backend.core.errors import Conflict, Invalid, NotFound, TooMany
from tests.accounts.given import (
    NO,
    OTHER_NO,
    OTHER_PHONE,
    PHONE,
    at,
    caller,
    fed,
    household,
    sql,
    usage_point,
)

pytestmark = pytest.mark.usefixtures("db")
RIGHT, WRONG = "1226", "0000"


@pytest.fixture(autouse=True)
async def people(db: None) -> None:
    await household()


def command(no: str = OTHER_NO, proof: str = RIGHT, proof_kind: str = "meter") -> BindUsagePoint:
    return BindUsagePoint(no=no, proof_kind=BindingProof(proof_kind), proof=proof)


async def bound(caller) -> dict[str, str]:
    page = await service.list_usage_points(caller)
    return {line.no: line.source.value for line in page.items}


async def test_the_end_of_the_meters_number_binds_a_usage_point():
    me = await caller()

    view = await service.bind(me, command())

    assert (view.no, view.role, view.source) == (OTHER_NO, "member", "proof")
    assert await bound(me) == {NO: "phone", OTHER_NO: "proof"}


async def test_whoever_proved_the_meter_reads_no_full_name_and_no_meter_number():
    view = await service.bind(await caller(), command())

    assert view.customer_name == "李*"
    assert view.meter_masked == "3205****1226"


async def test_binding_again_changes_nothing_and_needs_no_proof():
    me = await caller()
    await service.bind(me, command())

    await service.bind(me, command(proof=WRONG))
    await service.bind(me, command(NO, WRONG))

    assert len(await sql("SELECT 1 FROM access WHERE person = $1", me.person_id)) == 2
    assert [
        row["hits"] for row in await sql("SELECT hits FROM rate_count WHERE key ~ '^proof'")
    ] == [
        0,
        0,
    ]


@pytest.mark.parametrize("proof", ["", "226", "01226", "122６", WRONG, "%%%%"])
async def test_a_wrong_proof_binds_nothing(proof):
    me = await caller()

    with pytest.raises(Invalid):
        await service.bind(me, command(proof=proof))
    assert await bound(me) == {NO: "phone"}


async def test_an_unknown_number_and_a_wrong_proof_get_one_answer():
    me = await caller()
    answers = []
    for no in (OTHER_NO, "9999999999"):
        with pytest.raises(Invalid) as refusal:
            await service.bind(me, command(no, WRONG))
        answers.append((refusal.value.sentence, refusal.value.field))

    assert answers[0] == answers[1]
    keys = await sql("SELECT hits FROM rate_count WHERE key ~ '^proof-no'")
    assert [row["hits"] for row in keys] == [1, 1]


async def test_a_usage_point_without_a_meter_cannot_be_proved_by_one():
    await fed(usage_point(OTHER_NO, "C2", meter=None))

    with pytest.raises(Invalid):
        await service.bind(await caller(), command(proof="None"))


async def test_five_wrong_proofs_a_day_close_a_number():
    for n in range(5):
        with pytest.raises(Invalid):
            await service.bind(await caller(f"1390000000{n}"), command(proof=WRONG))

    with pytest.raises(TooMany):
        await service.bind(await caller(), command())
    with at(hours=25):
        await service.bind(await caller(), command())


async def test_five_wrong_proofs_a_day_close_binding_for_a_person():
    me = await caller()
    for n in range(5):
        with pytest.raises(Invalid):
            await service.bind(me, command(f"999999999{n}", WRONG))

    with pytest.raises(TooMany):
        await service.bind(me, command())


async def test_many_guesses_at_once_are_no_more_than_five():
    me = await caller()
    guesses = [f"{n:04d}" for n in range(1200, 1230)]  # the right one is among them

    answers = await asyncio.gather(
        *(service.bind(me, command(proof=guess)) for guess in guesses), return_exceptions=True
    )

    assert sum(not isinstance(one, TooMany) for one in answers) <= 5


async def test_the_last_bill_is_refused_in_plain_words_until_there_are_bills():
    with pytest.raises(Invalid) as refusal:
        await service.bind(await caller(), command(proof="86.40", proof_kind="bill"))

    assert refusal.value.field == "proof_kind"
    assert "电表" in refusal.value.sentence


async def last_bill(no: str) -> Decimal | None:
    return Decimal("86.40") if no == OTHER_NO else None


@pytest.mark.parametrize("typed", ["86.40", "86.4"])
async def test_the_amount_of_the_last_bill_binds_a_usage_point(monkeypatch, typed):
    monkeypatch.setattr(bindings, "last_bill_amount", last_bill)

    view = await service.bind(await caller(), command(proof=typed, proof_kind="bill"))

    assert view.no == OTHER_NO


@pytest.mark.parametrize("typed", ["86.41", "86", "NaN", "sNaN", "Infinity", "x", "-86.40"])
async def test_another_amount_does_not(monkeypatch, typed):
    monkeypatch.setattr(bindings, "last_bill_amount", last_bill)

    for no in (OTHER_NO, "9999999999"):
        with pytest.raises(Invalid):
            await service.bind(await caller(), command(no, typed, "bill"))


async def test_what_the_phone_opens_cannot_be_given_up_here():
    me = await caller()

    with pytest.raises(Conflict) as refusal:
        await service.unbind(me, NO)
    assert "手机号" in refusal.value.sentence
    assert await bound(me) == {NO: "phone"}


async def test_what_was_bound_by_proof_can():
    me = await caller()
    await service.bind(me, command())

    await service.unbind(me, OTHER_NO)

    assert await bound(me) == {NO: "phone"}
    actions = [row["action"] for row in await sql("SELECT action FROM audit_entry ORDER BY at")]
    assert actions == ["usage-point-bound", "usage-point-unbound"]


async def test_giving_up_a_proof_leaves_what_others_bound():
    mine, hers = await caller(), await caller("13900000009")
    await service.bind(mine, command())
    await service.bind(hers, command())

    await service.unbind(mine, OTHER_NO)

    assert await bound(hers) == {OTHER_NO: "proof"}


async def test_a_strangers_usage_point_is_not_found():
    me = await caller()

    for deed in (service.show_usage_point, service.unbind, service.choose_current):
        for no in (OTHER_NO, "9999999999", "", "x' OR '1'='1"):
            with pytest.raises(NotFound):
                await deed(me, no)


async def test_the_chosen_usage_point_is_the_current_one():
    me = await caller()
    assert me.usage_point.no == NO
    await service.bind(me, command())

    await service.choose_current(me, OTHER_NO)

    assert (await caller()).usage_point.no == OTHER_NO


async def test_a_chosen_usage_point_that_is_lost_gives_way_to_the_first():
    me = await caller()
    await service.bind(me, command())
    await service.choose_current(me, OTHER_NO)

    await service.unbind(me, OTHER_NO)

    assert (await caller()).usage_point.no == NO


async def test_an_expired_grant_opens_nothing():
    me = await caller()
    await service.bind(me, command())

    await sql("UPDATE access SET expires_at = now() - interval '1 s' WHERE source = 'proof'")

    assert await bound(me) == {NO: "phone"}


async def test_a_long_list_comes_in_pages():
    points = [usage_point(f"32052{n:05d}") for n in range(7)]
    await fed(*points)
    me = await caller()

    first = await service.list_usage_points(me, limit=5)
    second = await service.list_usage_points(me, first.next, limit=5)

    assert second.next is None
    assert [line.no for line in first.items + second.items] == sorted(
        [NO, *(point.id for point in points)]
    )


async def test_me_is_who_is_signed_in():
    me = await service.show_me(await caller())

    assert (me.phone, me.name, me.staff) == (PHONE, "张桂兰", None)
    assert [line.no for line in me.usage_points] == [NO]


async def test_export_holds_ones_own_and_nothing_of_a_stranger():
    await caller()
    await caller(OTHER_PHONE)

    found = await service.export_person(PHONE)

    assert [row["id"] for row in found["usage_point"]] == [NO]
    assert len(found["session"]) == 1
    assert "cookie_hash" not in found["session"][0]
    assert OTHER_NO not in str(found)
    assert OTHER_PHONE not in str(found)


async def test_there_is_nothing_to_export_of_an_unknown_phone():
    assert await service.export_person("13999999999") is None
