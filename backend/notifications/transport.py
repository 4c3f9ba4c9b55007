"""A lean HTTP/1.1 client for one job: many small POSTs to few origins over kept connections.

General clients spend several times the CPU of this on each request. It follows no redirect,
pipelines nothing (an answer belongs to exactly one message) and reads little.
"""

import asyncio
import ssl
from typing import NamedTuple, cast

import httptools

from backend.notifications.endpoints import Endpoint

KEPT_BODY = 1024
LARGEST_ANSWER = 65_536


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """No complete answer came; the message may or may not have been accepted."""


class Connection(asyncio.Protocol):
    """One connection; one request at a time. httptools calls the on_ methods."""

    def __init__(self) -> None:
        self.usable = True
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    async def exchange(self, request: bytes) -> Answer:
        if self._transport is None or not self.usable:
            raise NoAnswer("the connection is closed")
        self._parser = httptools.HttpResponseParser(self)
        self._status, self._headers, self._body, self._length = 0, {}, b"", 0
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        except asyncio.CancelledError:
            self.close()  # its answer, if it still comes, must not be taken for the next one's
            raise
        finally:
            self._waiting = None

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:  # nobody asked: not a connection to trust again
            self.close()
            return
        self._length += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(NoAnswer(f"not HTTP: {type(error).__name__}"))
            return
        if self._length > LARGEST_ANSWER:
            self._fail(NoAnswer("the answer is too long"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._body = (self._body + body)[:KEPT_BODY]

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:  # an interim answer; the real one follows
            self._status, self._headers = 0, {}
            return
        if not self._parser.should_keep_alive():
            self.close()
        self._answer()

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if self._waiting is None or self._waiting.done():
            return
        if self._status >= 200:  # a body that ends with the connection
            self._answer()
        else:
            self._fail(NoAnswer("the connection was closed"))

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def _answer(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(self._status, self._headers, self._body))

    def _fail(self, error: NoAnswer) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


class Client:
    """Kept connections, by origin; how many are open at once is up to the windows (window.py)."""

    def __init__(self, *, timeout: float = 10.0, idle: float = 20.0) -> None:
        self.timeout, self.idle = timeout, idle
        self.opened = 0
        self._tls = ssl.create_default_context()
        self._kept: dict[str, list[tuple[Connection, float]]] = {}

    async def post(self, endpoint: Endpoint, headers: str, body: bytes) -> Answer:
        """The answer to one POST; raises NoAnswer when none came in time."""
        request = (
            f"POST {endpoint.target} HTTP/1.1\r\nHost: {endpoint.origin.partition('//')[2]}\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n"
        ).encode("ascii") + body
        try:
            async with asyncio.timeout(self.timeout):
                connection = self._take(endpoint.origin) or await self._open(endpoint)
                answer = await connection.exchange(request)
        except (OSError, TimeoutError) as error:
            raise NoAnswer(type(error).__name__) from error
        self._keep(endpoint.origin, connection)
        return answer

    def close(self) -> None:
        for kept in self._kept.values():
            for connection, _ in kept:
                connection.close()
        self._kept.clear()

    def _take(self, origin: str) -> Connection | None:
        """The most recently used one that is still good."""
        kept = self._kept.get(origin, [])
        fresh_since = asyncio.get_running_loop().time() - self.idle
        while kept:
            connection, used_at = kept.pop()
            if connection.usable and used_at >= fresh_since:
                return connection
            connection.close()
        return None

    async def _open(self, endpoint: Endpoint) -> Connection:
        self.opened += 1
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, endpoint.host, endpoint.port, ssl=self._tls if endpoint.secure else None
        )
        return connection

    def _keep(self, origin: str, connection: Connection) -> None:
        if connection.usable:
            now = asyncio.get_running_loop().time()
            self._kept.setdefault(origin, []).append((connection, now))
