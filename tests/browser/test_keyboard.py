"""Without a mouse or a finger: signing in and asking for progress."""

from playwright.async_api import Page, expect

from tests.browser.house import House
from tests.browser.visits import COMPANY

LATE = "/applications/QH2610300017"
FOCUS = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const drawn = at.matches(".choice input") ? at.nextElementSibling : at;
  return {
    name: at.name || at.getAttribute("href") || at.className || at.tagName,
    ringed: getComputedStyle(drawn).outlineStyle !== "none",
    seen: box.bottom > 0 && box.top < innerHeight,
  };
}"""
MOST_KEYS = 60


async def test_somebody_signs_in_by_keyboard(house: House) -> None:
    async with house.context() as laptop:
        page = await laptop.new_page()
        await page.goto("/sign-in")
        await _tab_to(page, "phone")
        await page.keyboard.type("13900000021")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign-in/code**")
        code = await page.locator("[data-dev-code]").inner_text()

        await _tab_to(page, "code")
        await page.keyboard.type(code)
        await page.keyboard.press("Enter")

        await expect(page.locator(".tabs")).to_be_visible()
        await expect(page.locator("html[data-signed-in]")).to_have_count(1)


async def test_the_first_key_offers_to_skip_to_the_content(house: House) -> None:
    async with house.context() as laptop:
        page = await laptop.new_page()
        await page.goto("/help")

        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_in_viewport()
        await page.keyboard.press("Enter")

        assert await page.evaluate("document.activeElement.id") == "main"


async def test_somebody_asks_for_progress_by_keyboard(house: House) -> None:
    async with house.context(COMPANY) as laptop:
        page = await laptop.new_page()
        await page.goto(LATE)
        await _tab_to(page, "text")
        await page.keyboard.type("请说明原因。")
        await page.keyboard.press("Tab")

        await page.keyboard.press("Enter")

        await expect(page.locator("#nudge")).to_contain_text("请说明原因。")
        await expect(page.locator("#nudge")).to_contain_text("供电局必须在")


async def test_a_refused_form_puts_the_keyboard_at_the_summary_of_what_is_wrong(
    house: House,
) -> None:
    async with house.context() as laptop:
        page = await laptop.new_page()
        await page.goto("/sign-in")
        await page.fill("input[name=phone]", "12345")
        await page.keyboard.press("Enter")

        await expect(page.locator(".error-summary")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")

        await expect(page.locator("input[name=phone]")).to_be_focused()


async def _tab_to(page: Page, name: str) -> None:
    """Forward until there; on the way every stop is in view and has a ring."""
    for _ in range(MOST_KEYS):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(FOCUS)
        assert focus["seen"], f"the focus left the screen at {focus['name']}"
        assert focus["ringed"], f"no ring around {focus['name']}"
        if focus["name"] == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")
