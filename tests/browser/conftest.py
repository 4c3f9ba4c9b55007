"""Debian's Chromium, driven by Playwright, against the running product."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.processes import Product, running_product

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "reduced_motion": "reduce",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """With the demo bureau; every origin of this machine may be a push service."""
    data = tmp_path_factory.mktemp("product") / "var"
    with running_product(data, PUSH_ENDPOINT_ALLOW="http://127.0.0.1") as found:
        yield found


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def phone(chromium: Browser, product: Product) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(**PHONE, base_url=product.url)
    yield context
    await context.close()


async def sign_in(page: Page, number: str) -> None:
    """As a person does: phone, then the code, which development shows."""
    await page.goto("/sign-in")
    await page.fill("input[name=phone]", number)
    await page.click("main form button")
    await page.wait_for_url("**/sign-in/code")
    code = await page.text_content("[data-dev-code]")
    assert code is not None
    await page.fill("input[name=code]", code.strip())
    await page.click("main form button")
    await page.wait_for_url("**/")
