"""What a phone downloads: little, and only from us."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import Struct, field
from playwright.async_api import CDPSession

from tests.browser.house import House
from tests.browser.visits import LI_MING

KB = 1000
FIRST_LOAD, SCRIPTS, DOCUMENT, STYLES = 40 * KB, 5 * KB, 8 * KB, 12 * KB
MOST_REQUESTS = 12
COMPRESSED = {"Document", "Stylesheet", "Script"}


class Download(Struct, dict=True):
    """Everything a page loads: bytes over the wire, with and without the headers of the answers."""

    kinds: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    headers: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def over(self, devtools: CDPSession) -> None:
        devtools.on("Network.responseReceived", self._answered)
        devtools.on("Network.loadingFinished", self._finished)

    def _answered(self, event: Mapping[str, Any]) -> None:
        name, answer = event["requestId"], event["response"]
        self.kinds[name] = event["type"]
        headers = {key.lower(): value for key, value in answer["headers"].items()}
        self.encodings[name] = headers.get("content-encoding", "")
        self.headers[name] = int(answer["encodedDataLength"])

    def _finished(self, event: Mapping[str, Any]) -> None:
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def of(self, kind: str) -> int:
        """The bodies of one kind."""
        listed = [name for name in self.bytes if self.kinds.get(name) == kind]
        return sum(self.bytes[name] - self.headers[name] for name in listed)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("", "/"),
        ("", "/sign-in"),
        ("", "/help"),
        (LI_MING, "/"),
        (LI_MING, "/applications/QH2611020231"),
        (LI_MING, "/notifications"),
    ],
)
async def test_the_first_load_is_light(house: House, who: str, path: str) -> None:
    async with house.context(who) as phone:
        page = await phone.new_page()
        devtools = await phone.new_cdp_session(page)
        download = Download()
        download.over(devtools)
        await devtools.send("Network.enable")

        await page.goto(path)
        await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")

    compressed = {
        download.encodings[name] for name, kind in download.kinds.items() if kind in COMPRESSED
    }
    assert compressed == {"br"}
    assert download.of("Font") == 0
    assert download.of("Document") <= DOCUMENT
    assert download.of("Stylesheet") <= STYLES
    assert download.of("Script") <= SCRIPTS
    assert sum(download.bytes.values()) <= FIRST_LOAD
    assert len(download.kinds) <= MOST_REQUESTS
