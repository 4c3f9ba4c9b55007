"""Debian's Chromium, driven by Playwright, against the running product with its demo bureau."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Playwright, async_playwright

from tests.browser.device import Device, own_device
from tests.browser.house import House, launch
from tests.processes import Product, running_product
from tests.push_service import PushService, running_push_service


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One for all journeys; every port of this machine may be a push service."""
    data = tmp_path_factory.mktemp("product") / "var"
    with running_product(data, PUSH_ENDPOINT_ALLOW="http://127.0.0.1") as found:
        yield found


@pytest.fixture(scope="session")
async def playwright(anyio_backend: str) -> AsyncIterator[Playwright]:
    async with async_playwright() as found:
        yield found


@pytest.fixture(scope="session")
async def house(playwright: Playwright, product: Product) -> AsyncIterator[House]:
    """One browser for everybody; each context in it is a device of its own."""
    browser = await launch(playwright)
    yield House(browser, product.url)
    await browser.close()


@pytest.fixture
async def device(playwright: Playwright, product: Product, tmp_path: Path) -> AsyncIterator[Device]:
    """A phone nobody has used yet."""
    async with own_device(playwright, product.url, tmp_path) as found:
        yield found


@pytest.fixture
async def push_service() -> AsyncIterator[PushService]:
    async with running_push_service() as found:
        yield found
