"""What holds on every page in every state, in both languages and both modes, in light, dark and contrast."""

import re

import pytest

from backend.app import create_app
from tests.browser.house import House
from tests.browser.tour import Findings, tour
from tests.browser.visits import VISITS

NO_PAGES_BELOW = (
    "/api/v1/",
    "/api/openapi",
    "/static/",
    "/health/",
    "/metrics",
    "/sw.js",
    "/manifest.webmanifest",
    "/robots.txt",
)
# The description of the API, and a message that leads on to what it is about.
NOT_PAGES = {"/api", "/notifications/{number}"}


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


def test_no_page_of_the_product_is_left_out() -> None:
    def seen(address: str) -> bool:
        pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(address)))
        return any(pattern.fullmatch(visit.path) for visit in VISITS)

    addresses = {route.path_format for route in create_app().routes if "GET" in route.methods}
    pages = {one for one in addresses if not one.startswith(NO_PAGES_BELOW)} - NOT_PAGES

    assert {page for page in pages if not seen(page)} == set()


def assert_none(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)
