"""Bytes as they arrive → numbered lines, in constant memory whatever is sent."""

import zlib
from collections.abc import AsyncIterator, Iterator

from msgspec import Struct

MAX_LINE = 64 * 1024
PIECE = 64 * 1024
BOM = b"\xef\xbb\xbf"
GZIP = 31  # zlib's window size for the gzip format


class BrokenBody(Exception):
    """The compressed body is damaged or ends too early; what came before it was good."""


class Line(Struct, frozen=True):
    """One record; `data` is None when it was longer than MAX_LINE."""

    number: int
    data: bytes | None


async def inflated(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A gzip body unpacked piece by piece, so that a small bomb does not become a large one here."""
    inflater = _Inflater()
    async for chunk in chunks:
        for piece in inflater.pieces(chunk):
            yield piece
    if inflater.midway:
        raise BrokenBody


class _Inflater:
    """One or several gzip members, one after the other."""

    def __init__(self) -> None:
        self.member = zlib.decompressobj(GZIP)
        self.midway = False

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        piece = b""
        while chunk or len(piece) == PIECE:
            self.midway = True
            try:
                piece = self.member.decompress(chunk, PIECE)
            except zlib.error as error:
                raise BrokenBody from error
            yield piece
            chunk = self.member.unconsumed_tail
            if self.member.eof:
                chunk = self.member.unused_data.lstrip(b"\0")  # members may be padded
                self.member, self.midway, piece = zlib.decompressobj(GZIP), False, b""


class LineCutter:
    """Cuts pieces of bytes into records: lines, or in CSV also lines joined by an open quote."""

    def __init__(self, *, quoted: bool) -> None:
        self.quoted = quoted
        self.number = 0
        self.rest = b""
        self.too_long = False
        self.joined = b""
        self.joined_from = 0

    def cut(self, piece: bytes) -> list[Line]:
        """The records that are complete now."""
        *lines, self.rest = (self.rest + piece).split(b"\n")
        found = [line for data in lines for line in self._line(data)]
        if len(self.rest) > MAX_LINE:
            self.too_long, self.rest = True, b""
        return found

    def end(self) -> list[Line]:
        """What was left without a line break, or with its quote still open."""
        found = self._line(self.rest) if self.rest or self.too_long else []
        if self.joined:
            found.append(Line(self.joined_from, self.joined))
        return found

    def _line(self, data: bytes) -> list[Line]:
        self.number += 1
        if self.number == 1:
            data = data.removeprefix(BOM)
        if self.too_long or len(self.joined) + len(data) > MAX_LINE:
            number = self.joined_from or self.number
            self.too_long, self.joined, self.joined_from = False, b"", 0
            return [Line(number, None)]
        if self.quoted:
            return self._record(data)
        return [Line(self.number, data)] if data.strip() else []

    def _record(self, data: bytes) -> list[Line]:
        self.joined = self.joined + b"\n" + data if self.joined_from else data
        self.joined_from = self.joined_from or self.number
        if self.joined.count(b'"') % 2:
            return []
        found = Line(self.joined_from, self.joined)
        self.joined, self.joined_from = b"", 0
        return [found] if found.data and found.data.strip() else []
