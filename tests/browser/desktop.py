"""A desktop that shows notifications: the session bus and org.freedesktop.Notifications in one.

Chromium hands its notifications to the desktop over D-Bus. Being that desktop, a test sees what a person
would see, and its click is a real one: the worker may open and focus windows after it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.browser.bus import (
    ANSWER,
    CALL,
    ERROR,
    NO_REPLY_EXPECTED,
    SIGNAL,
    Message,
    decode,
    length,
)

BUS = "org.freedesktop.DBus"
NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
OUR_NAME, THEIR_NAME = ":1.0", ":1.1"
Answer = tuple[str, list[Any]]


class Shown(Struct, frozen=True):
    """A notification on the screen."""

    number: int
    title: str
    body: str


class Desktop:
    def __init__(self, address: str) -> None:
        self.address = address
        self.shown: dict[int, Shown] = {}
        self.changed = asyncio.Event()
        self._browsers: set[asyncio.StreamWriter] = set()
        self._numbers = self._serial = 0

    async def wait_for(self, wanted: Callable[[list[Shown]], bool], within: float = 20) -> None:
        """Until what is on the screen satisfies."""
        try:
            async with asyncio.timeout(within):
                while not wanted(list(self.shown.values())):
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"on the screen: {list(self.shown.values())}") from None

    def click(self, notification: Shown) -> None:
        """A person taps it."""
        for browser in self._browsers:
            self._signal(browser, "ActionInvoked", "us", [notification.number, "default"])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._browsers.add(writer)
        try:
            await _greet(reader, writer)
            while True:
                head = await reader.readexactly(16)
                self._receive(decode(head, await reader.readexactly(length(head))), writer)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass  # the browser is gone
        finally:
            self._browsers.discard(writer)
            writer.close()

    def _receive(self, message: Message, writer: asyncio.StreamWriter) -> None:
        if message.kind != CALL:
            return
        answer = self._call(message, writer)
        if message.flags & NO_REPLY_EXPECTED:
            return
        fields = {"reply_to": message.serial, "destination": THEIR_NAME}
        if answer is None:
            fields |= {"sender": BUS, "error": f"{BUS}.Error.ServiceUnknown"}
            self._send(writer, Message(ERROR, fields=fields))
            return
        signature, body = answer
        fields["sender"] = OUR_NAME if message.fields.get("destination") == NOTIFICATIONS else BUS
        self._send(writer, Message(ANSWER, fields=fields | {"signature": signature}, body=body))

    def _call(self, message: Message, writer: asyncio.StreamWriter) -> Answer | None:
        member, body = message.fields["member"], message.body
        if message.fields.get("destination") == NOTIFICATIONS:
            return self._notifications(member, body, writer)
        if message.fields.get("destination") != BUS:
            return None
        if (
            member in ("NameHasOwner", "GetNameOwner", "StartServiceByName")
            and body[0] != NOTIFICATIONS
        ):
            return ("b", [0]) if member == "NameHasOwner" else None
        known: dict[str, Answer] = {
            "Hello": ("s", [THEIR_NAME]),
            "AddMatch": ("", []),
            "RemoveMatch": ("", []),
            "RequestName": ("u", [1]),
            "NameHasOwner": ("b", [1]),
            "GetNameOwner": ("s", [OUR_NAME]),
            "StartServiceByName": ("u", [2]),
            "ListNames": ("as", [[BUS, NOTIFICATIONS]]),
            "ListActivatableNames": ("as", [[]]),
        }
        return known.get(member)

    def _notifications(
        self, member: str, body: list[Any], writer: asyncio.StreamWriter
    ) -> Answer | None:
        if member == "GetCapabilities":
            return "as", [["actions", "body", "persistence"]]
        if member == "GetServerInformation":
            return "ssss", ["desktop", "tests", "1", "1.2"]
        if member == "Notify":
            return "u", [self._show(body)]
        if member == "CloseNotification":
            self.shown.pop(body[0], None)
            self.changed.set()
            self._signal(writer, "NotificationClosed", "uu", [body[0], 3])
            return "", []
        return None

    def _show(self, body: list[Any]) -> int:
        _, replaced, _, title, text, *_ = body
        if not replaced:
            self._numbers += 1
        number = replaced or self._numbers
        self.shown[number] = Shown(number, title, text)
        self.changed.set()
        return int(number)

    def _signal(
        self, writer: asyncio.StreamWriter, member: str, signature: str, body: list[Any]
    ) -> None:
        fields = {
            "path": NOTIFICATIONS_PATH,
            "interface": NOTIFICATIONS,
            "member": member,
            "sender": OUR_NAME,
            "destination": THEIR_NAME,
            "signature": signature,
        }
        self._send(writer, Message(SIGNAL, fields=fields, body=body))

    def _send(self, writer: asyncio.StreamWriter, message: Message) -> None:
        self._serial += 1
        message.serial = self._serial
        writer.write(message.encode())


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lets anybody in: the socket is ours alone."""
    await reader.readexactly(1)
    while (line := await reader.readline()).strip() != b"BEGIN":
        if not line:
            raise asyncio.IncompleteReadError(b"", None)
        writer.write(
            b"OK 00000000000000000000000000000000\r\n" if b"AUTH" in line else b"ERROR\r\n"
        )


@asynccontextmanager
async def running_desktop(folder: Path) -> AsyncIterator[Desktop]:
    path = folder / "bus"
    desktop = Desktop(f"unix:path={path}")
    server = await asyncio.start_unix_server(desktop.serve, path)
    try:
        yield desktop
    finally:
        server.close()
        await server.wait_closed()
