"""Contrast as the eye gets it: every text against the worst pixel behind it, gradients and pictures included.

axe leaves text on gradients "incomplete". Here the text is made invisible, what is behind it photographed,
and the least contrasting pixel under each line decides.
"""

from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page

SCRIPTS = Path(__file__).parent
LIST_TEXTS = (SCRIPTS / "contrast_texts.js").read_text(encoding="utf-8")
MEASURE = (SCRIPTS / "contrast_measure.js").read_text(encoding="utf-8")
LEAST, LEAST_LARGE, LARGE = 4.5, 3.0, 24


async def too_faint(page: Page, devtools: CDPSession, reader: Page) -> list[str]:
    """The texts of `page` that are hard to read; `reader` is any empty page, to read pixels in."""
    texts: list[dict[str, Any]] = await page.evaluate(LIST_TEXTS)
    image = await _photograph(devtools)
    await page.evaluate("document.adoptedStyleSheets = []")
    measured: list[float] = await reader.evaluate(MEASURE, {"image": image, "texts": texts})
    return [
        f"{text['words']!r} {ratio:.2f}:1"
        for text, ratio in zip(texts, measured, strict=True)
        if ratio < (LEAST_LARGE if text["size"] >= LARGE else LEAST)
    ]


async def _photograph(devtools: CDPSession) -> str:
    """The whole page as a PNG in base64; twice as fast as Playwright's own."""
    size = (await devtools.send("Page.getLayoutMetrics"))["cssContentSize"]
    area = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    options = {"captureBeyondViewport": True, "optimizeForSpeed": True, "clip": area}
    return str((await devtools.send("Page.captureScreenshot", options))["data"])
