"""A phone with a profile of its own: permissions, a real service worker, notifications on its screen.

Chromium's PushManager.subscribe() needs Google and never answers without it. So that one call is stood in
for: it hands out a subscription of our push service. What the server encrypts and sends there is decrypted
with the subscription's keys and given to the real worker, as the browser's own push client would.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from playwright.async_api import BrowserContext, CDPSession, Page, Playwright

from tests.browser.desktop import Desktop, running_desktop
from tests.browser.house import ARGUMENTS, CHROMIUM, PHONE, Watch
from tests.push_service import PushService, Subscription

STAND_IN = Path(__file__).with_name("push_stand_in.js").read_text(encoding="utf-8")
SHOWN = """navigator.serviceWorker.ready
  .then((registration) => registration.getNotifications())
  .then((shown) => shown.map(({ title, body, tag, data }) => ({ title, body, tag, data })))"""


class Worker:
    """The registered worker, as the browser's developer tools know it."""

    def __init__(self, devtools: CDPSession) -> None:
        self.devtools = devtools
        self._number: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        devtools.on("ServiceWorker.workerRegistrationUpdated", self._updated)

    def _updated(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not self._number.done() and not one["isDeleted"]:
                self._number.set_result(one["registrationId"])

    async def number(self) -> str:
        await self.devtools.send("ServiceWorker.enable")
        async with asyncio.timeout(20):
            return await asyncio.shield(self._number)


class Device(Struct):
    """Somebody's phone and its screen."""

    context: BrowserContext
    page: Page
    url: str
    desktop: Desktop
    worker: Worker

    async def connect(self, push_service: PushService) -> Subscription:
        """From the next page on, subscribing to push succeeds, at our push service."""
        answer = await self.context.request.get("/api/v1/push-key")
        subscription = push_service.subscribe((await answer.json())["key"])
        issued = {
            "endpoint": subscription.endpoint,
            "keys": subscription.keys,
            "vapid_key": subscription.vapid_key,
        }
        await self.context.add_init_script(STAND_IN.replace("ISSUED", json.dumps(issued)))
        return subscription

    async def deliver(self, payload: Any) -> None:
        """As the browser's push client does after decrypting."""
        data = payload if isinstance(payload, str) else json.dumps(payload)
        await self.worker.devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self.url, "registrationId": await self.worker.number(), "data": data},
        )

    async def notifications(self) -> list[dict[str, Any]]:
        """What the worker holds as shown."""
        found: list[dict[str, Any]] = await self.page.evaluate(SHOWN)
        return found


@asynccontextmanager
async def own_device(playwright: Playwright, url: str, folder: Path) -> AsyncIterator[Device]:
    async with running_desktop(folder) as desktop:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            ignore_default_args=["--disable-back-forward-cache"],
            env={"DBUS_SESSION_BUS_ADDRESS": desktop.address, "HOME": str(folder)},
            base_url=url,
            **PHONE,
        )
        watch = Watch(url)
        watch.over(context)
        try:
            await context.grant_permissions(["notifications"], origin=url)
            page = await context.new_page()
            worker = Worker(await context.new_cdp_session(page))
            yield Device(context, page, url, desktop, worker)
        finally:
            await context.close()
        assert not watch.problems, watch.problems
