"""Everything but push, updating by itself and reading offline works without JavaScript."""

from playwright.async_api import Page, expect

from tests.browser.house import House, sign_in
from tests.browser.visits import submit

VILLAGER = "13900000020"
METER = {"no": "3205110367", "proof": "6718"}
LATE = "QH2611050098"


async def test_a_customer_does_everything_without_javascript(house: House) -> None:
    async with house.context(java_script_enabled=False) as phone:
        page = await phone.new_page()
        await sign_in(page, VILLAGER)
        await _binds(page)
        await _reads(page)
        await _nudges(page)
        await _applies(page)
        await _changes_the_looks(page)
        await _marks_all_read(page)
        await _signs_out(page)


async def _binds(page: Page) -> None:
    """The daughter who helps: with the number on the meter the household is hers to follow."""
    await page.goto("/settings")
    await submit(page, "/settings/usage-points", **METER)
    await expect(page.locator("#usage-points")).to_contain_text("3205****0367")


async def _reads(page: Page) -> None:
    await page.goto("/applications")
    await page.click(f"a[href='/applications/{LATE}']")
    await expect(page.locator(".hero")).to_contain_text("超期")
    await expect(page.locator(".timeline > li")).to_have_count(3)
    summary = page.locator(".hero details summary")
    await summary.click()
    await expect(page.locator(".hero details")).to_contain_text("来源")


async def _nudges(page: Page) -> None:
    await page.fill("textarea[name=text]", "什么时候出结果？")
    await page.locator("#nudge form button").click()
    await expect(page.locator("#nudge")).to_contain_text("什么时候出结果？")
    await expect(page.locator("#nudge")).to_contain_text("供电局必须在")


async def _applies(page: Page) -> None:
    await page.goto("/applications/new")
    await page.locator(
        "details", has=page.locator("a[href='/applications/new/ev_charger']")
    ).first.click()
    await page.click("a[href='/applications/new/ev_charger']")
    await page.fill("input[name=title]", "楼下充电桩")
    await page.click("form[action='/applications'] button")
    await expect(page.locator("h1")).to_have_text("楼下充电桩")
    await expect(page.locator(".timeline")).to_be_visible()


async def _changes_the_looks(page: Page) -> None:
    await page.goto("/settings")
    form = page.locator("#display form")
    for value in ("care", "dark", "en"):
        await form.locator(f"input[value={value}]").check()
    await form.locator("button").click()
    looks = page.locator("html[lang=en][data-theme=dark][data-mode=care]")
    await expect(looks).to_have_count(1)
    await page.click("button[name=mode][value=standard]")
    await page.click("button[name=locale][value='zh-CN']")
    await expect(
        page.locator("html[lang=zh-CN][data-theme=dark][data-mode=standard]")
    ).to_have_count(1)


async def _marks_all_read(page: Page) -> None:
    await page.goto("/notifications")
    if await page.locator("form[action='/notifications/reading']").count():
        await page.click("form[action='/notifications/reading'] button")
    await expect(page.locator(".unread")).to_have_count(0)


async def _signs_out(page: Page) -> None:
    await page.goto("/settings")
    await page.click("form[action='/sign-out'] button")
    await expect(page.locator("h1")).to_have_text("已安全退出")
    await page.goto("/applications")
    await expect(page.locator("input[name=phone]")).to_be_visible()
