"""The product is an app that can be put on the home screen."""

from pathlib import Path

from playwright.async_api import Playwright

from tests.browser.house import ARGUMENTS, CHROMIUM
from tests.processes import Product


async def test_the_browser_finds_nothing_that_keeps_it_from_being_installed(
    playwright: Playwright, product: Product, tmp_path: Path
) -> None:
    # Chromium installs nothing from a private window, so this one has a profile.
    context = await playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=ARGUMENTS
    )
    page = await context.new_page()
    await page.goto(f"{product.url}/help")
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    devtools = await context.new_cdp_session(page)

    found = await devtools.send("Page.getInstallabilityErrors")
    manifest = await devtools.send("Page.getAppManifest")
    identity = await devtools.send("Page.getAppId")
    await context.close()

    assert found["installabilityErrors"] == []
    assert manifest["errors"] == []
    assert identity["appId"] == f"{product.url}/"
