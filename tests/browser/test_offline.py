"""Without a network: what was seen last is readable and says how old it is; the rest says whom to call."""

import re

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.house import House
from tests.browser.visits import LI_MING

TIMELINE = "/applications/QH2611020231"
STALE = "[data-stale]"
KEPT = """async () => {
  const found = (await caches.has("pages")) ? await (await caches.open("pages")).keys() : [];
  return found.map(({ url }) => new URL(url).pathname).sort();
}"""
A_WHILE = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
MOMENT = re.compile(r"\d+ *月 *\d+ *日.*\d\d:\d\d")
NO_NETWORK = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")


async def test_pages_seen_last_are_readable_and_say_as_of_when(house: House) -> None:
    async with house.context(LI_MING, expected=NO_NETWORK) as phone:
        page = await _first_visit(phone)
        for path in ("/applications", TIMELINE, "/notifications"):
            await page.goto(path)
        await _kept(page, "/", "/applications", TIMELINE, "/notifications")

        await phone.set_offline(True)

        # The very first page was loaded before there was a worker; it is kept all the same.
        for path in ("/", "/applications", TIMELINE, "/notifications"):
            await page.goto(path)
            await expect(page.locator(STALE)).to_contain_text("连不上网络")
            await expect(page.locator(f"{STALE} time")).to_have_text(MOMENT)
        await page.goto(TIMELINE)
        await expect(page.locator("h1")).to_have_text("地下车库 B-217 充电桩")
        assert await _loads_its_styles(page)


async def test_a_page_never_seen_says_so_and_gives_the_hotline(house: House) -> None:
    async with house.context(LI_MING, expected=NO_NETWORK) as phone:
        page = await _first_visit(phone)

        await phone.set_offline(True)
        await page.goto("/applications/QH2611130087")

        await expect(page.locator("h1")).to_have_text("没有网络")
        await expect(page.locator("main a[href='tel:95598']")).to_be_visible()
        assert "李明" not in await page.content()


async def test_back_on_the_network_the_page_brings_itself_up_to_date(house: House) -> None:
    async with house.context(LI_MING, expected=NO_NETWORK) as phone:
        page = await _first_visit(phone)
        await phone.set_offline(True)
        await page.goto("/")
        await expect(page.locator(STALE)).to_be_visible()

        await phone.set_offline(False)

        await expect(page.locator(STALE)).to_be_hidden()


async def test_only_pages_that_may_be_kept_are_kept(house: House) -> None:
    async with house.context(LI_MING) as phone:
        page = await _first_visit(phone)

        for path in ("/settings", "/notifications/settings", "/applications/new"):
            await page.goto(path)
        await page.goto("/applications")

        await _kept(page, "/", "/applications")


async def test_another_language_empties_what_was_kept(house: House) -> None:
    async with house.context(LI_MING, expected=NO_NETWORK) as phone:
        page = await _first_visit(phone)
        await page.goto("/applications")
        await _kept(page, "/", "/applications")

        await page.click("button[name=locale]")
        await expect(page.locator("html")).to_have_attribute("lang", "en")

        await _kept(page, "/applications")
        await phone.set_offline(True)
        await page.goto("/")
        await expect(page.locator("h1")).to_have_text("No connection")


async def _first_visit(phone: BrowserContext) -> Page:
    """Once the worker is in charge, the page that was open before it is kept."""
    page = await phone.new_page()
    await page.goto("/")
    await _kept(page, "/")
    return page


async def _kept(page: Page, *paths: str) -> None:
    """Exactly these, as soon as the worker is done."""
    for _ in range(100):
        found = await page.evaluate(KEPT)
        if found == sorted(paths):
            return
        await page.evaluate(A_WHILE)
    raise AssertionError(f"kept: {found}")


async def _loads_its_styles(page: Page) -> bool:
    shape = "getComputedStyle(document.querySelector('.hero')).borderTopLeftRadius"
    return str(await page.evaluate(shape)) != "0px"
