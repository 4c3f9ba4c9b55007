"""One walk through every page in every state, as each person; everything that can be measured there is.

Loading a page costs more than looking at it, so the walk is done once for a language and a mode, and the
tests of test_every_page.py ask for what it found.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from msgspec import Struct, field
from playwright.async_api import CDPSession, Page

from tests.browser.contrast import too_faint
from tests.browser.house import House, choose, live_in
from tests.browser.visits import STAFF, VISITS, Visit

THEMES = ("light", "dark", "contrast")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES_ABOUT_COLOUR = ["color-contrast", "link-in-text-block"]
MEASURED = {"color-contrast"}  # what axe cannot decide there, the pixels do
AXE = """runOnly => axe.run({ runOnly, preload: false, resultTypes: ["violations", "incomplete"] })
  .then(({ violations, incomplete }) => [violations, incomplete].map((list) => list.map(
    ({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 160))])))"""
LAYOUT = (Path(__file__).with_name("layout.js")).read_text(encoding="utf-8")
PLAIN_TEXT = 16
LARGE_TEXT = {"standard": 32, "care": 24}  # 长辈版 begins at one and a half times
PHONE_WIDTH, NARROW_WIDTH, HEIGHT = 390, 320, 844
AT_ONCE = 2


class Findings(Struct):
    """By what was asked: the pages where it is not so."""

    axe: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    faint: list[str] = field(default_factory=list)
    frame: list[str] = field(default_factory=list)
    small_targets: list[str] = field(default_factory=list)
    small_texts: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


class Room(Struct):
    """A window with the page that is looked at and an empty one to read pixels in."""

    page: Page
    reader: Page
    devtools: CDPSession
    locale: str
    mode: str

    @property
    def themes(self) -> tuple[str, ...]:
        """长辈版 in English has the colours of 长辈版 and the words of English: both were seen."""
        return THEMES[:1] if (self.locale, self.mode) == ("en", "care") else THEMES


async def tour(house: House, locale: str, mode: str) -> Findings:
    await live_in(house)
    findings = Findings()
    places = asyncio.Semaphore(AT_ONCE)

    async def walk(who: str, visits: Sequence[Visit]) -> None:
        async with places, house.context(who, device_scale_factor=1, is_mobile=False) as context:
            await choose(context, house.url, locale=locale, mode=mode)
            reader, page = await context.new_page(), await context.new_page()
            room = Room(page, reader, await context.new_cdp_session(page), locale, mode)
            for visit in visits:
                await visit.open(page)
                await _look(visit, room, findings)

    async with asyncio.TaskGroup() as group:
        for who, visits in groupby(sorted(VISITS, key=_who), _who):
            group.create_task(walk(who, list(visits)))
    return findings


def _who(visit: Visit) -> str:
    return visit.who


async def _look(visit: Visit, room: Room, findings: Findings) -> None:
    looks: dict[str, Callable[[Visit, Room], Awaitable[list[str]]]] = {
        "frame": _frame,
        "small_targets": _small_targets,
        "small_texts": _small_texts,
        "sideways": _sideways,
    }
    await _colours(visit, room, findings)
    for name, look in looks.items():
        getattr(findings, name).extend(f"{visit.name}: {one}" for one in await look(visit, room))


async def _colours(visit: Visit, room: Room, findings: Findings) -> None:
    await room.page.evaluate(AXE_SCRIPT)
    for theme in room.themes:
        await room.page.evaluate(
            "theme => { document.documentElement.dataset.theme = theme }", theme
        )
        # Only these rules look at colours; the others have seen the page already.
        asked = {"type": "tag", "values": TAGS}
        if theme != THEMES[0]:
            asked = {"type": "rule", "values": RULES_ABOUT_COLOUR}
        violations, incomplete = await room.page.evaluate(AXE, asked)
        where = f"{visit.name} {theme}"
        findings.axe += [f"{where}: {rule} {nodes}" for rule, nodes in violations]
        findings.undecided += [
            f"{where}: {rule} {nodes}" for rule, nodes in incomplete if rule not in MEASURED
        ]
        faint = await too_faint(room.page, room.devtools, room.reader)
        findings.faint += [f"{where}: {one}" for one in faint]


async def _frame(_: Visit, room: Room) -> list[str]:
    """Language, title, one main heading."""
    found = await room.page.evaluate(f"{LAYOUT}.frame()")
    wrong = []
    if found["lang"] != room.locale:
        wrong.append(f"its language is {found['lang']}")
    if len(found["title"].split(" · ")) != 2 or not all(found["title"].split(" · ")):
        wrong.append(f"its title is {found['title']!r}")
    if len(found["headings"]) != 1 or not found["headings"][0]:
        wrong.append(f"its main headings are {found['headings']}")
    return wrong


async def _small_targets(visit: Visit, room: Room) -> list[str]:
    least = 60 if room.mode == "care" else 44
    found: list[str] = await room.page.evaluate(f"least => {LAYOUT}.smallTargets(least)", least)
    return [] if visit.who == STAFF else found


async def _small_texts(_: Visit, room: Room) -> list[str]:
    least = 20 if room.mode == "care" else 12
    found: list[str] = await room.page.evaluate(f"least => {LAYOUT}.smallTexts(least)", least)
    return found


async def _sideways(_: Visit, room: Room) -> list[str]:
    found = []
    for width, text in ((NARROW_WIDTH, PLAIN_TEXT), (PHONE_WIDTH, LARGE_TEXT[room.mode])):
        await room.page.set_viewport_size({"width": width, "height": HEIGHT})
        await room.devtools.send("Page.setFontSizes", {"fontSizes": {"standard": text}})
        beyond: list[str] = await room.page.evaluate(f"{LAYOUT}.beyondTheEdge()")
        found += [f"{width} px, text {text} px: {one}" for one in beyond]
    await room.page.set_viewport_size({"width": PHONE_WIDTH, "height": HEIGHT})
    await room.devtools.send("Page.setFontSizes", {"fontSizes": {"standard": PLAIN_TEXT}})
    return found
