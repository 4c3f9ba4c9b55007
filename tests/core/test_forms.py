"""A form says everything that is wrong at once, in words, and keeps what was typed."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from backend.core.errors import Invalid
from backend.core.forms import Form
from backend.core.i18n import using


class Kind(StrEnum):
    house = "house"


class Order(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=2, max_length=5)]
    load_kw: Annotated[int, Meta(ge=1, le=100)]
    kind: Kind
    price: Decimal = Decimal(0)
    note: str | None = None


GOOD = {"name": " 李明 ", "load_kw": "8", "kind": "house", "price": "1.50", "note": ""}


def test_a_good_form_gives_the_command():
    form = Form(Order, GOOD)

    assert form.command == Order(name="李明", load_kw=8, kind=Kind.house, price=Decimal("1.50"))
    assert form.errors == {}


def test_every_field_s_error_is_told_and_the_typed_text_kept():
    form = Form(Order, {"name": "李", "load_kw": "lots", "kind": "castle", "price": "x"})

    assert form.command is None
    assert form.errors == {
        "name": "至少填写 2 个字。",
        "load_kw": "请填写数字。",
        "kind": "请从列出的选项中选择。",
        "price": "请填写数字。",
    }
    assert form.values["load_kw"] == "lots"


@pytest.mark.parametrize("typed", [{}, {"name": "  "}])
def test_a_missing_field_asks_to_be_filled(typed):
    assert Form(Order, typed).errors["name"] == "请填写这一项。"


def test_limits_are_told_with_their_number():
    form = Form(Order, GOOD | {"load_kw": "101", "name": "一二三四五六"})

    assert form.errors == {"load_kw": "不能大于 100。", "name": "最多填写 5 个字。"}


def test_a_field_may_say_in_its_own_words_what_is_wrong():
    class Call(Struct):
        phone: Annotated[str, Meta(pattern=r"^1", extra={"sentence": "请填写 11 位手机号。"})]

    assert Form(Call, {"phone": "2"}).errors == {"phone": "请填写 11 位手机号。"}
    assert Form(Call, {"phone": ""}).errors == {"phone": "请填写这一项。"}


def test_an_empty_form_has_no_errors():
    form = Form(Order)

    assert form.command is None
    assert form.errors == {}


def test_a_rule_s_refusal_goes_to_its_field():
    form = Form(Order, GOOD)

    form.refuse(Invalid("请检查填写的内容。", field="load_kw"))

    assert form.errors == {"load_kw": "请检查填写的内容。"}
    assert form.command is None


def test_the_words_are_the_reader_s():
    with using("en"):
        assert Form(Order, {}).errors["name"] == "Please fill this in."
