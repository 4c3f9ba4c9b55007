"""The wire format of D-Bus, as far as a browser and a desktop talk: little-endian messages."""

import struct
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

CALL, ANSWER, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY_EXPECTED = 1
NUMBERS = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "b": "I"}
TEXTS = {"s": "I", "o": "I", "g": "B"}  # and how wide their length is
FIELDS = {
    "path": (1, "o"),
    "interface": (2, "s"),
    "member": (3, "s"),
    "error": (4, "s"),
    "reply_to": (5, "u"),
    "destination": (6, "s"),
    "sender": (7, "s"),
    "signature": (8, "g"),
}
NAMES = {code: name for name, (code, _) in FIELDS.items()}
START = struct.Struct("<BBBBII")


class Message(Struct):
    kind: int
    serial: int = 0
    flags: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    body: list[Any] = field(default_factory=list)

    def encode(self) -> bytes:
        body = Writer()
        for kind, value in zip(types(self.fields.get("signature", "")), self.body, strict=True):
            body.put(kind, value)
        head = Writer()
        listed = [
            (FIELDS[name][0], (FIELDS[name][1], value)) for name, value in self.fields.items()
        ]
        head.data += START.pack(ord("l"), self.kind, self.flags, 1, len(body.data), self.serial)
        head.put("a(yv)", listed)
        head.align(8)
        return bytes(head.data + body.data)


def decode(head: bytes, rest: bytes) -> Message:
    """From the first 16 bytes and what `length` says follows them."""
    _, kind, flags, _, size, serial = START.unpack(head[:12])
    reader = Reader(head + rest, 12)
    fields = {NAMES[code]: value for code, value in reader.get("a(yv)") if code in NAMES}
    body = Reader((head + rest)[-size:] if size else b"")
    values = [body.get(one) for one in types(fields.get("signature", ""))]
    return Message(kind, serial, flags, fields, values)


def length(head: bytes) -> int:
    """How many bytes follow the first 16."""
    body, fields = struct.unpack_from("<I", head, 4)[0], struct.unpack_from("<I", head, 12)[0]
    return int(fields + -fields % 8 + body)


def types(signature: str) -> Iterator[str]:
    """The complete types of a signature, one by one."""
    while signature:
        size = _size(signature)
        yield signature[:size]
        signature = signature[size:]


def _size(signature: str) -> int:
    if signature[0] == "a":
        return 1 + _size(signature[1:])
    depth = 0
    for at, sign in enumerate(signature, start=1):
        depth += (sign in "({") - (sign in ")}")
        if not depth:
            return at
    raise ValueError(f"no complete type: {signature}")


def alignment(kind: str) -> int:
    if kind[0] in NUMBERS:
        return struct.calcsize(NUMBERS[kind[0]])
    return {"g": 1, "v": 1, "(": 8, "{": 8}.get(kind[0], 4)


class Reader:
    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def get(self, kind: str) -> Any:
        if kind == "v":
            return self.get(self.get("g"))
        self.at += -self.at % alignment(kind)
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind in TEXTS:
            size = self._number(TEXTS[kind])
            self.at += size + 1
            return self.data[self.at - size - 1 : self.at - 1].decode()
        if kind[0] == "a":
            return self._array(kind[1:])
        return tuple(self.get(one) for one in types(kind[1:-1]))

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def _array(self, kind: str) -> list[Any]:
        size = self._number("I")
        self.at += -self.at % alignment(kind)
        end = self.at + size
        found = []
        while self.at < end:
            found.append(self.get(kind))
        return found


class Writer:
    def __init__(self) -> None:
        self.data = bytearray()

    def align(self, to: int) -> None:
        self.data += bytes(-len(self.data) % to)

    def put(self, kind: str, value: Any) -> None:
        if kind == "v":
            self.put("g", value[0])
            self.put(*value)
            return
        self.align(alignment(kind))
        if kind in NUMBERS:
            self.data += struct.pack(f"<{NUMBERS[kind]}", value)
        elif kind in TEXTS:
            text = value.encode()
            self.data += struct.pack(f"<{TEXTS[kind]}", len(text)) + text + b"\0"
        elif kind[0] == "a":
            self._array(kind[1:], value)
        else:
            for one, part in zip(types(kind[1:-1]), value, strict=True):
                self.put(one, part)

    def _array(self, kind: str, values: list[Any]) -> None:
        self.put("u", 0)
        place = len(self.data)
        self.align(alignment(kind))
        start = len(self.data)
        for value in values:
            self.put(kind, value)
        struct.pack_into("<I", self.data, place - 4, len(self.data) - start)
