"""A browser, the product, and the people who use both: each signs in once, by hand, and is then known."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct, field
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    StorageState,
    WebError,
)

from tests.browser.visits import HALFWAY, HOTEL, NOBODY, prepare, submit

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
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
REFUSED_PAGE = "Failed to load resource: the server responded with a status of 4"
SPARE_PHONE = "13900000009"


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


class House(Struct):
    """Contexts of one browser against one running product."""

    browser: Browser
    url: str
    known: dict[str, StorageState] = field(default_factory=dict)

    @asynccontextmanager
    async def context(
        self, who: str = NOBODY, expected: tuple[str, ...] = (), **options: Any
    ) -> AsyncIterator[BrowserContext]:
        """A phone in somebody's hand; whatever goes wrong in its pages fails the test."""
        state = await self._state(who) if who else None
        options = PHONE | {"base_url": self.url, "storage_state": state} | options
        context = await self.browser.new_context(**options)
        # A language that another test chose is remembered with the person, not only on the device.
        await choose(context, self.url, locale="zh-CN")
        watch = Watch(self.url, expected)
        watch.over(context)
        try:
            yield context
        finally:
            await context.close()
        assert not watch.problems, watch.problems

    async def _state(self, who: str) -> StorageState:
        if who not in self.known:
            async with self.context(java_script_enabled=False) as context:
                page = await context.new_page()
                if who == HALFWAY:
                    await page.goto("/sign-in")
                    await submit(page, "/sign-in", phone=SPARE_PHONE)
                else:
                    await sign_in(page, who)
                self.known[who] = await context.storage_state()
        return self.known[who]


class Watch:
    """Notes every error a page reports and every request that leaves for another site."""

    def __init__(self, url: str, expected: tuple[str, ...] = ()) -> None:
        self.url, self.expected = url, expected
        self.problems: list[str] = []

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        page = message.page.url if message.page else ""
        if message.type not in ("error", "warning"):
            return
        if any(words in message.text for words in self.expected):
            return
        # A refused form and an unknown address are answers, not faults.
        if message.text.startswith(REFUSED_PAGE) and message.location["url"] == page:
            return
        self.problems.append(f"{page} said: {message.text}")

    def _failed(self, error: WebError) -> None:
        page = error.page.url if error.page else ""
        self.problems.append(f"{page} failed: {error.error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.problems.append(f"a request to {request.url}")


async def live_in(house: House) -> None:
    """Let happen what the pages should show."""
    async with house.context(HOTEL) as context:
        await prepare(await context.new_page())


async def sign_in(page: Page, number: str) -> None:
    """As a person does: phone, then the code, which development shows."""
    await page.goto("/sign-in")
    await page.fill("input[name=phone]", number)
    await page.click("main form button")
    await page.wait_for_url("**/sign-in/code**")
    code = await page.text_content("[data-dev-code]")
    assert code is not None
    await page.fill("input[name=code]", code.strip())
    await page.click("main form button")
    await page.wait_for_selector("html[data-signed-in]", state="attached")


async def choose(context: BrowserContext, url: str, **looks: str) -> None:
    """Language (`locale`), `theme` or `mode`, as the settings page leaves them."""
    await context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in looks.items()]
    )
