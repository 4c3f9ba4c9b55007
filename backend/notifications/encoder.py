"""A push message from facts to encrypted body: JSON, padded, then RFC 8291."""

import json
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from pywebpush import WebPusher

from backend.notifications.vapid import base64url

# RFC 8291 §7: the length of a message is visible, so it says no more than "short" or "long".
PAD_TO = 512
LARGEST = 2048
TITLE_LIMIT, BODY_LIMIT = 80, 240


class Encoder(Protocol):
    """Encrypts a payload for one subscription, with a fresh key and salt each time."""

    def __call__(self, payload: bytes, p256dh: bytes, auth: bytes) -> bytes: ...


def encode(payload: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """pywebpush's aes128gcm encoding."""
    keys = {"p256dh": base64url(p256dh), "auth": base64url(auth)}
    body: bytes = WebPusher({"endpoint": "", "keys": keys}).encode(payload)["body"]
    return body


class PushText(Struct, frozen=True):
    """What the lock screen shows."""

    kind: str
    title: str
    body: str
    url: str
    tag: str
    at: datetime


def payload(text: PushText) -> bytes:
    """The JSON the service worker gets, padded with the spaces JSON allows; always under 2 KB."""
    return _padded(_json(text, _shortened(text.body, BODY_LIMIT)))


def minimal_payload(text: PushText) -> bytes:
    """For a service that found the message too large: title and address, unpadded."""
    return _json(text, "")


def _json(text: PushText, body: str) -> bytes:
    facts = {
        "kind": text.kind,
        "title": _shortened(text.title, TITLE_LIMIT),
        "body": body,
        "url": text.url,
        "tag": text.tag,
        "ts": int(text.at.timestamp() * 1000),
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _padded(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise ValueError("a push payload must stay under 2 KB")
    return data.ljust(min(LARGEST, -(-len(data) // PAD_TO) * PAD_TO))
