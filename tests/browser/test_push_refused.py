"""A phone that cannot have push is told so in plain words, and what happens instead.

Here nothing stands in for Chromium: offline its subscribe() really never answers.
"""

from playwright.async_api import Page, expect

from tests.browser.house import House
from tests.browser.visits import ZHANG_GUILAN

INSTEAD = "要紧的事会发短信，全部消息都在这里"


async def test_a_push_service_that_never_answers_is_given_up(house: House) -> None:
    async with house.context(ZHANG_GUILAN, permissions=["notifications"]) as phone:
        page = await _asked(await phone.new_page())
        await expect(page.locator("[data-push-say]")).to_contain_text("正在开启")

        said = page.locator("[data-push-say]")
        await expect(said).to_contain_text("连不上推送服务", timeout=15_000)

        await expect(said).to_contain_text(INSTEAD)
        await expect(page.locator("[data-push-on]")).to_be_visible()


async def test_refused_permission_is_said_with_the_way_back(house: House) -> None:
    async with house.context(ZHANG_GUILAN) as phone:  # a private window: always refused
        page = await _asked(await phone.new_page())

        said = page.locator("[data-push-say]")
        await expect(said).to_contain_text("禁止了本站的通知")

        await expect(said).to_contain_text("网站设置")
        await expect(said).to_contain_text("现在要紧的事会发短信，全部消息都在这里")


async def _asked(page: Page) -> Page:
    await page.goto("/notifications")
    await page.tap("[data-push-on]")
    return page
