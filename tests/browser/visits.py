"""Every page of the product, in every state that looks different: who opens it, and what is done there."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.async_api import Page

NOBODY = ""
LI_MING = "13800000002"  # a household with applications on time, due soon and done
ZHANG_GUILAN = "13800000001"  # elderly; one application waits for her, one is late with a reason
COMPANY = "13800000003"  # six sites: late, waiting, rejected
HOTEL = "13800000005"  # late, and nobody has said why
STAFF = "13800000103"
HALFWAY = "halfway"  # was sent a code and has not typed it yet
STRANGER = "13900000000"  # no customer of ours: nothing bound, no application

HOTELS = "/staff/applications/QH2611060033"  # as staff see it

Act = Callable[[Page], Awaitable[None]]


class Visit(Struct, frozen=True):
    """A page to open as somebody; `act` leads from there to the state that is meant."""

    name: str
    path: str
    who: str = NOBODY
    status: int = 200
    act: Act | None = None

    async def open(self, page: Page) -> None:
        response = await page.goto(self.path)
        assert response is not None
        assert response.status == self.status, f"{self.path} answered {response.status}"
        if self.act:
            await self.act(page)


async def _send_phone_that_is_none(page: Page) -> None:
    await submit(page, "/sign-in", phone="12345")


async def _send_half_a_code(page: Page) -> None:
    await submit(page, "/sign-in/code", code="123")


async def _bind_nothing(page: Page) -> None:
    if not await page.locator("#no").is_visible():
        await page.locator("#usage-points summary").click()
    await submit(page, "/settings/usage-points", no="1", proof="1")


async def _apply_for_too_much(page: Page) -> None:
    await submit(page, "/applications", title="充" * 200)


async def _say_too_much(page: Page) -> None:
    await submit(page, page_path(page) + "/nudges", text="催" * 600)


async def _explain_nothing(page: Page) -> None:
    await submit(page, page_path(page) + "/explanations", reason="", next_step="")


async def _answer_nothing_to_a_nudge(page: Page) -> None:
    form = page.locator("section[id^=nudge-] form").first
    await submit(page, str(await form.get_attribute("action")), answer="")


async def _open_details(page: Page) -> None:
    await page.evaluate(
        "document.querySelectorAll('main details').forEach((one) => { one.open = true })"
    )


async def _show_what_scripts_show(page: Page) -> None:
    await page.evaluate(
        "document.querySelectorAll('main [hidden], .strip[hidden]')"
        ".forEach((one) => { one.hidden = false })"
    )


def page_path(page: Page) -> str:
    return urlsplit(page.url).path


async def submit(page: Page, action: str, **typed: str) -> None:
    """Fill in a form and send it, past what the browser itself would refuse."""
    form = page.locator(f'form[action="{action}"]').filter(has=page.locator("button.btn")).last
    for name, text in typed.items():
        field = form.locator(f'[name="{name}"]')
        await field.evaluate(
            "field => { field.required = false; field.removeAttribute('maxlength') }"
        )
        await field.fill(text)
    await form.evaluate("form => { form.noValidate = true }")
    async with page.expect_navigation():
        await form.locator("button.btn").click()


async def prepare(page: Page) -> None:
    """As the HOTEL: one nudge nobody has answered yet, so that its pages show one."""
    await page.goto("/applications/QH2611060033")
    if not await page.locator("#nudge .bubble").count():
        await submit(
            page, "/applications/QH2611060033/nudges", text="餐厅下月开业，请问供电方案哪天能定？"
        )


VISITS = (
    Visit("welcome", "/"),
    Visit("sign-in", "/sign-in"),
    Visit("sign-in-refused", "/sign-in", act=_send_phone_that_is_none),
    Visit("sign-in-code", "/sign-in/code", HALFWAY),
    Visit("sign-in-code-refused", "/sign-in/code", HALFWAY, act=_send_half_a_code),
    Visit("signed-out", "/sign-out"),
    Visit("settings-of-nobody", "/settings"),
    Visit("help", "/help", act=_open_details),
    Visit("offline", "/offline"),
    Visit("not-found", "/nowhere", status=404),
    Visit("api", "/api/docs"),
    Visit("home", "/", LI_MING),
    Visit("home-waiting", "/", ZHANG_GUILAN),
    Visit("home-empty", "/", STRANGER),
    Visit("applications", "/applications", COMPANY),
    Visit("applications-empty", "/applications", STRANGER),
    Visit("new", "/applications/new", LI_MING, act=_open_details),
    Visit("new-form", "/applications/new/ev_charger", LI_MING),
    Visit("new-form-refused", "/applications/new/ev_charger", LI_MING, act=_apply_for_too_much),
    Visit("timeline", "/applications/QH2611020231", LI_MING),
    Visit("timeline-open", "/applications/QH2611020231", LI_MING, act=_open_details),
    Visit("timeline-refused", "/applications/QH2611020231", LI_MING, act=_say_too_much),
    Visit("timeline-due-soon", "/applications/QH2611130087", LI_MING),
    Visit("timeline-done", "/applications/QH2609080412", LI_MING),
    Visit("timeline-waiting", "/applications/QH2611090156", ZHANG_GUILAN),
    Visit("timeline-late", "/applications/QH2611050098", ZHANG_GUILAN),
    Visit("timeline-rejected", "/applications/QH2610200061", COMPANY),
    Visit("timeline-unexplained", "/applications/QH2611060033", HOTEL),
    Visit("timeline-of-another", "/applications/QH2611020231", HOTEL, status=404),
    Visit("notifications", "/notifications", LI_MING),
    Visit("notifications-empty", "/notifications", STRANGER),
    Visit("notifications-all-said", "/notifications", LI_MING, act=_show_what_scripts_show),
    Visit("notification-settings", "/notifications/settings", LI_MING),
    Visit("settings", "/settings", COMPANY),
    Visit("settings-empty", "/settings", STRANGER),
    Visit("settings-refused", "/settings", LI_MING, act=_bind_nothing),
    Visit("staff", "/staff", STAFF),
    Visit("staff-application", HOTELS, STAFF),
    Visit("staff-refused", HOTELS, STAFF, act=_explain_nothing),
    Visit("staff-answer-refused", HOTELS, STAFF, act=_answer_nothing_to_a_nudge),
    Visit("staff-forbidden", "/staff", LI_MING, status=403),
)
