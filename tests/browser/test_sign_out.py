"""After signing out nothing personal is left: on the device, behind the back button, at the server."""

import json

import anyio
from playwright.async_api import Page, expect

from tests.browser.device import Device
from tests.browser.house import House, sign_in
from tests.browser.visits import submit
from tests.processes import Product
from tests.push_service import PushService

PUMPING_STATION = "13800000007"
PERSONAL = ("柳湾村", "3205****0009", "138****0007")
NEWCOMER = "13900000010"
BOUND = {"no": "3205120155", "proof": "5542"}
STREET = "学府路"
LOOKS = {"locale", "theme", "mode"}
LEFT = """async () => ({
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  held: { ...sessionStorage },
})"""


async def test_signing_out_leaves_nothing_on_the_device_and_ends_push(
    device: Device, product: Product, push_service: PushService
) -> None:
    page = device.page
    await device.connect(push_service)
    await sign_in(page, PUMPING_STATION)
    await _turn_push_on(page)
    await page.goto("/applications")
    await page.evaluate("indexedDB.open('left-over') && undefined")
    assert "pages" in await page.evaluate("caches.keys()")
    assert await _devices(product) == 1

    await _sign_out(page)

    assert await page.evaluate(LEFT) == {"caches": [], "databases": [], "workers": 0, "held": {}}
    assert {one["name"] for one in await device.context.cookies()} <= LOOKS
    assert await page.evaluate("PushManager.prototype.getSubscription()") is None
    assert await _devices(product) == 0


async def test_neither_the_back_button_nor_another_tab_shows_anything_personal(
    device: Device,
) -> None:
    page = device.page
    await sign_in(page, NEWCOMER)
    await _bind(page)
    other = await device.context.new_page()
    await other.goto("/notifications")
    for path in ("/applications", "/help", "/settings"):
        await page.goto(path)
        await expect(page.locator(".acct")).to_contain_text(STREET)
    assert await _came_back_alive(page), "this browser keeps no pages alive: nothing is proved"
    await page.goto("/settings")

    await _sign_out(page)

    await expect(other.locator("html:not([data-signed-in]) main")).to_be_visible()
    await expect(other.locator("body")).not_to_contain_text(STREET)
    for _ in range(5):
        await page.evaluate("history.back()")
        await expect(page.locator(".acct, .topbar").first).to_be_visible()
        await expect(page.locator("body")).not_to_contain_text(STREET)


async def test_without_javascript_the_answer_itself_clears_the_device(house: House) -> None:
    async with house.context() as phone:
        page = await phone.new_page()
        await sign_in(page, "13900000011")
        await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        await page.goto("/settings")
        form = page.locator("form[data-sign-out]")

        async with page.expect_navigation():
            await form.evaluate("form => form.submit()")  # past our script

        assert await page.evaluate(LEFT) == {
            "caches": [],
            "databases": [],
            "workers": 0,
            "held": {},
        }
        assert {one["name"] for one in await phone.cookies()} <= LOOKS


async def _turn_push_on(page: Page) -> None:
    await page.goto("/notifications")
    await page.tap("[data-push-on]")
    await expect(page.locator("[data-push-ready]")).to_be_visible()


async def _bind(page: Page) -> None:
    await page.goto("/settings")
    await submit(page, "/settings/usage-points", **BOUND)
    await expect(page.locator("#usage-points")).to_contain_text(STREET)


async def _sign_out(page: Page) -> None:
    await page.goto("/settings")
    await page.tap("[data-sign-out] button")
    await page.wait_for_url("**/sign-out")


async def _came_back_alive(page: Page) -> bool:
    """Whether the page before stands as it was left, from the browser's memory."""
    await page.evaluate("window.leftAs = 'it was'")
    await page.goto("/help")
    await page.evaluate("history.back()")
    await page.wait_for_url("**/settings", wait_until="commit")
    return bool(await page.evaluate("window.leftAs === 'it was'"))


async def _devices(product: Product) -> int:
    """How many browsers the server would wake for this person."""
    known = json.loads(await anyio.to_thread.run_sync(product.denghuo, "export", PUMPING_STATION))
    return sum(1 for one in known["push_subscription"] if one["gone_at"] is None)
