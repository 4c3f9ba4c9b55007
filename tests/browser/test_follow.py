"""The product's main job: a customer follows an application and is told the moment it moves."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.device import Device
from tests.browser.feeding import move
from tests.browser.house import sign_in
from tests.processes import Product
from tests.push_service import PushService

SUN_XIAOYAN = "13800000004"
SOLAR = "QH2611170012"
TIMELINE = f"/applications/{SOLAR}"
ASKED = "师傅什么时候来？"
NEWS = "正在编制接入系统方案。"


async def test_a_step_reaches_the_open_page_and_the_lock_screen(
    device: Device, product: Product, push_service: PushService, tmp_path: Path
) -> None:
    page = device.page
    await device.connect(push_service)
    await sign_in(page, SUN_XIAOYAN)
    await _never_quiet(page)
    await _turn_push_on(page)
    await page.goto(TIMELINE)
    await page.fill("textarea[name=text]", ASKED)
    place = await _mark(page)

    await move(product, tmp_path, SOLAR, "plan", "started", NEWS)

    # The open page is brought in line, not loaded again, and nothing is lost.
    await expect(page.locator(".timeline")).to_contain_text(NEWS)
    await expect(page.locator("[data-say]")).not_to_be_empty()
    assert await page.evaluate("window.loadedOnce")
    assert await _place(page) == pytest.approx(place, abs=1)
    assert await page.evaluate("document.activeElement.value") == ASKED

    # The push was encrypted for this device; the worker shows it; its click opens the timeline.
    await push_service.wait_for(1)
    [message] = push_service.accepted
    assert push_service.problems == []
    assert message.payload is not None
    assert message.payload["url"] == TIMELINE
    assert "孙晓燕" not in json.dumps(message.payload, ensure_ascii=False)
    await page.goto("/help")
    await device.deliver(message.payload)
    await device.desktop.wait_for(lambda shown: len(shown) == 1)
    [shown] = device.desktop.shown.values()
    assert shown.title == message.payload["title"]
    async with device.context.expect_page() as opening:
        device.desktop.click(shown)
    opened = await opening.value
    await expect(opened.locator(".timeline")).to_contain_text(NEWS)
    assert opened.url == product.url + TIMELINE
    await device.desktop.wait_for(lambda shown: not shown)


async def test_a_click_comes_back_to_the_page_that_is_open_already(device: Device) -> None:
    await _worker_ready(device.page)
    other = await device.context.new_page()
    await other.goto("/sign-in")
    await device.deliver({"title": "检修提前结束", "url": "/help", "tag": "a", "ts": 1})
    await device.desktop.wait_for(lambda shown: len(shown) == 1)

    device.desktop.click(*device.desktop.shown.values())

    await device.desktop.wait_for(lambda shown: not shown)
    await expect(device.page.locator("h1")).to_be_visible()
    assert [page.url for page in device.context.pages[-2:]] == [device.page.url, other.url]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_of_two_messages_about_the_same_thing_the_newer_stays(
    device: Device, order: tuple[int, int]
) -> None:
    await _worker_ready(device.page)

    # Both at once, as for a phone that comes online; messages may overtake each other.
    for ts in order:
        await device.deliver({"title": f"第 {ts} 步", "url": "/help", "tag": "a", "ts": ts})
    await device.deliver({"title": "另一件事", "url": "/help", "tag": "b", "ts": 1})

    await device.desktop.wait_for(lambda shown: "另一件事" in {one.title for one in shown})
    assert sorted(one["title"] for one in await device.notifications()) == ["另一件事", "第 2 步"]


async def test_on_the_screen_the_newer_message_takes_the_place_of_the_older(device: Device) -> None:
    await _worker_ready(device.page)
    await device.deliver({"title": "第 1 步", "url": "/help", "tag": "a", "ts": 1})
    await device.desktop.wait_for(lambda shown: [one.title for one in shown] == ["第 1 步"])

    await device.deliver({"title": "第 2 步", "url": "/help", "tag": "a", "ts": 2})

    await device.desktop.wait_for(lambda shown: [one.title for one in shown] == ["第 2 步"])


@pytest.mark.parametrize("payload", ["", "not json", "[1, 2]", {"of": "a later version"}])
async def test_whatever_arrives_something_is_shown(device: Device, payload: object) -> None:
    await _worker_ready(device.page)

    await device.deliver(payload)
    await device.desktop.wait_for(lambda shown: len(shown) == 1)

    [shown] = device.desktop.shown.values()
    assert "灯火" in shown.title
    async with device.context.expect_page() as opening:
        device.desktop.click(shown)
    assert (await opening.value).url.endswith("/sign-in?next=/notifications")


async def _never_quiet(page: Page) -> None:
    """Nobody's night, so that the journey passes at any hour."""
    await page.goto("/notifications/settings")
    await page.fill("#quiet_from", "")
    await page.fill("#quiet_to", "")
    async with page.expect_navigation():
        await page.click("form[action='/notifications/settings'] button")
    assert await page.input_value("#quiet_from") == ""


async def _turn_push_on(page: Page) -> None:
    """After the explanation, by a tap."""
    await page.goto("/notifications")
    await expect(page.locator("[data-push-ask]")).to_contain_text("锁屏上不显示您的姓名和地址")
    await page.tap("[data-push-on]")
    await expect(page.locator("[data-push-ready]")).to_be_visible()


async def _mark(page: Page) -> float:
    """Something a reload would lose; and where on the screen the typed text stands."""
    await page.evaluate("window.loadedOnce = true")
    assert await page.evaluate("scrollY") > 0
    return await _place(page)


async def _place(page: Page) -> float:
    found: float = await page.evaluate("document.activeElement.getBoundingClientRect().top")
    return found


async def _worker_ready(page: Page) -> None:
    await page.goto("/help")
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
