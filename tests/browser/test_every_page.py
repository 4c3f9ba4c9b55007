"""What holds on every page in every state, in both languages and both modes, in light, dark and contrast."""

import pytest

from tests.browser.house import House
from tests.browser.tour import Findings, tour


@pytest.fixture(
    scope="module",
    params=[("zh-CN", "standard"), ("en", "standard"), ("zh-CN", "care"), ("en", "care")],
    ids="-".join,
)
async def findings(request: pytest.FixtureRequest, house: House) -> Findings:
    locale, mode = request.param
    return await tour(house, locale, mode)


def test_axe_finds_nothing(findings: Findings) -> None:
    assert_none(findings.axe)


def test_axe_leaves_nothing_open_that_is_not_measured_here(findings: Findings) -> None:
    assert_none(findings.undecided)


def test_every_text_stands_out_from_the_worst_pixel_behind_it(findings: Findings) -> None:
    assert_none(findings.faint)


def test_every_page_has_its_language_a_title_and_one_main_heading(findings: Findings) -> None:
    assert_none(findings.frame)


def test_a_finger_hits_everything_that_can_be_pressed(findings: Findings) -> None:
    assert_none(findings.small_targets)


def test_no_text_is_too_small(findings: Findings) -> None:
    assert_none(findings.small_texts)


def test_nothing_scrolls_sideways_on_a_narrow_phone_or_with_twice_the_text(
    findings: Findings,
) -> None:
    assert_none(findings.sideways)


def assert_none(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)
