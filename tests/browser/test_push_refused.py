"""A phone that cannot have push is told so in plain words, and what happens instead.

Here nothing stands in for Chromium: without its push service, subscribe() really never answers.
"""

from playwright.async_api import Page, expect

from tests.browser.device import Device
from tests.browser.house import House, sign_in
from tests.browser.visits import LI_MING

SCHOOL = "13800000006"
INSTEAD = "要紧的事会发短信，全部消息都在这里"


async def test_a_push_service_that_never_answers_is_given_up(device: Device) -> None:
    await sign_in(device.page, SCHOOL)
    await _ask(device.page)

    said = device.page.locator("[data-push-say]")
    await expect(said).to_contain_text("正在开启")
    await expect(said).to_contain_text("连不上推送服务", timeout=15_000)

    await expect(said).to_contain_text(INSTEAD)
    await expect(device.page.locator("[data-push-on]")).to_be_visible()


async def test_refused_permission_is_said_with_the_way_back(house: House) -> None:
    async with house.context(LI_MING) as phone:  # a private window: always refused
        page = await phone.new_page()
        await _ask(page)

        said = page.locator("[data-push-say]")
        await expect(said).to_contain_text("禁止了本站的通知")

        await expect(said).to_contain_text("网站设置")
        await expect(said).to_contain_text(INSTEAD)


async def _ask(page: Page) -> None:
    await page.goto("/notifications")
    await page.tap("[data-push-on]")
