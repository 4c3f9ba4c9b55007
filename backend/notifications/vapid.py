"""Who we are to the push services (RFC 8292): one signature an origin and half a day."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.core import clock, keyfile

# At most 24 h are allowed; at exactly that, a clock two seconds ahead of theirs loses everything.
LIFE = timedelta(hours=12)
RENEW_BEFORE = timedelta(hours=1)


class VapidKeys:
    """The server's key pair; subscriptions are bound to its public half."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public = base64url(point)
        secret = private.private_numbers().private_value.to_bytes(32, "big")
        self._topic_secret = hmac.digest(secret, b"push topic", "sha256")

    def topic(self, tag: str) -> str:
        """The Topic header of a tag; opaque, because the push service sees it."""
        return base64url(hmac.digest(self._topic_secret, tag.encode(), hashlib.sha256))[:24]


class Vapid:
    """The Authorization header for each origin, kept while its token lives."""

    def __init__(self, keys: VapidKeys, contact: str) -> None:
        self.keys = keys
        self.signatures = 0
        self._contact = contact
        self._headers: dict[str, tuple[str, datetime]] = {}

    def header(self, origin: str) -> str:
        kept = self._headers.get(origin)
        if kept is None or clock.now() >= kept[1] - RENEW_BEFORE:
            expires_at = clock.now() + LIFE
            kept = self._headers[origin] = (self._sign(origin, expires_at), expires_at)
        return kept[0]

    def forget(self, origin: str) -> None:
        """The service refused the token: the next message gets a new one."""
        self._headers.pop(origin, None)

    def _sign(self, origin: str, expires_at: datetime) -> str:
        self.signatures += 1
        claims = {"aud": origin, "exp": int(expires_at.timestamp()), "sub": self._contact}
        token = jwt.encode(claims, self.keys.private, algorithm="ES256")
        return f"vapid t={token}, k={self.keys.public}"


def contact(push_contact: str, base_url: str) -> str:
    """The `sub` claim: whom a push service may ask. Apple refuses addresses that are not public."""
    if push_contact:
        return push_contact if ":" in push_contact else f"mailto:{push_contact}"
    return base_url if base_url.startswith("https://") else "mailto:push@example.org"


def load_or_create(path: Path) -> VapidKeys:
    """The key pair kept in `path`, made on first use."""
    private = serialization.load_pem_private_key(keyfile.load_or_create(path, _new_key), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} does not hold a P-256 key")
    return VapidKeys(private)


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
