"""Photographs: `python -m tests.browser.shots` renews those of the README; `--all FOLDER` takes every page.

Full pages are for looking through: the bar at the bottom stands still in them instead of floating.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from playwright.async_api import Page, async_playwright

from tests.browser.house import House, choose, launch, live_in
from tests.browser.visits import LI_MING, VISITS, Visit
from tests.processes import ROOT, running_product

SCREENSHOTS = ROOT / "infra" / "screenshots"
README = (
    Visit("home", "/", LI_MING),
    Visit("timeline", "/applications/QH2611020231", LI_MING),
    Visit("notifications", "/notifications", LI_MING),
)
DESK: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "device_scale_factor": 1,
    "is_mobile": False,
    "has_touch": False,
}


class Look(Struct, frozen=True):
    name: str
    cookies: dict[str, str] = {}
    options: dict[str, Any] = {}


LOOKS = {
    look.name: look
    for look in (
        Look("light", {"theme": "light"}),
        Look("dark", {"theme": "dark"}),
        Look("contrast", {"theme": "contrast"}),
        Look("care", {"mode": "care"}),
        Look("en", {"locale": "en"}),
        Look("en-care", {"locale": "en", "mode": "care"}),
        Look("desktop", {}, DESK),
        Look("desktop-en-dark", {"locale": "en", "theme": "dark"}, DESK),
        Look("narrow", {}, {"viewport": {"width": 320, "height": 640}}),
    )
}


async def for_the_readme(house: House) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        async with house.context(LI_MING) as context:
            await choose(context, house.url, theme=theme)
            page = await context.new_page()
            for visit in README:
                await visit.open(page)
                await page.screenshot(path=SCREENSHOTS / f"{visit.name}-{theme}.png")


async def all_pages(house: House, folder: Path, looks: Iterable[Look], names: set[str]) -> None:
    await live_in(house)
    for look in looks:
        for visit in _chosen(names):
            async with house.context(
                visit.who, **{"device_scale_factor": 1} | look.options
            ) as context:
                await choose(context, house.url, **look.cookies)
                page = await context.new_page()
                await visit.open(page)
                await _whole(page, folder / f"{visit.name}-{look.name}.png")


def _chosen(names: set[str]) -> Iterator[Visit]:
    return (visit for visit in VISITS if not names or visit.name in names)


async def _whole(page: Page, path: Path) -> None:
    height = await page.evaluate(
        "document.querySelector('.tabs')?.classList.add('noprint'), document.documentElement.scrollHeight"
    )
    width = page.viewport_size["width"] if page.viewport_size else 390
    await page.set_viewport_size({"width": width, "height": max(height, 400)})
    await page.screenshot(path=path)


async def photograph(url: str, folder: Path | None, looks: list[str], names: set[str]) -> None:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        house = House(browser, url)
        if folder is None:
            await for_the_readme(house)
        else:
            await all_pages(house, folder, [LOOKS[name] for name in looks or LOOKS], names)
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page instead")
    parser.add_argument("--look", action="append", choices=LOOKS, default=[])
    parser.add_argument("--page", action="append", default=[])
    parser.add_argument("--url", help="a product that runs already; else one is started")
    chosen = parser.parse_args()
    if chosen.all:
        chosen.all.mkdir(parents=True, exist_ok=True)
    job = (chosen.all, chosen.look, set(chosen.page))
    if chosen.url:
        asyncio.run(photograph(chosen.url, *job))
        return
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder) / "var") as product:
        asyncio.run(photograph(product.url, *job))


if __name__ == "__main__":
    main()
