"""A page is open at one of two server processes; the news comes by way of the other or of the worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, expect

from tests.browser.feeding import move
from tests.browser.house import House, launch
from tests.browser.visits import COMPANY
from tests.processes import Product, running_product

SOLAR = "QH2611110044"
NEWS = "接入系统方案已送审。"
OPEN_PAGES = 6


@pytest.fixture
def two_servers(tmp_path: Path):
    with running_product(tmp_path / "two", WORKERS="2") as found:
        yield found


@pytest.fixture
async def guests(playwright: Playwright, two_servers: Product) -> AsyncIterator[House]:
    browser = await launch(playwright)
    yield House(browser, two_servers.url)
    await browser.close()


async def test_every_open_page_updates_itself_whichever_process_holds_it(
    guests: House, two_servers: Product, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        # Contexts share no connection, so the kernel spreads them over both processes.
        pages = [await _open(guests, stack) for _ in range(OPEN_PAGES)]

        await move(two_servers, tmp_path, SOLAR, "plan", "done", NEWS)

        for page in pages:
            await expect(page.locator(".timeline")).to_contain_text(NEWS)


async def _open(guests: House, stack: AsyncExitStack) -> Page:
    context = await stack.enter_async_context(guests.context(COMPANY))
    page = await context.new_page()
    async with page.expect_response("**/api/v1/events"):
        await page.goto(f"/applications/{SOLAR}")
    return page
