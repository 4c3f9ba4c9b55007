"""What may be stored as a push subscription: the endpoint is user input that our server will call.

So only the browsers' own push services are allowed, by exact host or dot-suffix, over https on its
own port, without credentials; redirects are never followed. Hosts are compared on a strictly parsed
form: a URL that two parsers could read differently is refused.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

PUSH_SERVICES = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
LOOPBACK = ("127.0.0.1", "localhost")

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
SHAPE = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{LABEL}(?:\.{LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<target>/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)\Z"
)
LONGEST = 2048


class Refused(ValueError):
    """This is not a subscription of a push service we know."""


class Endpoint(NamedTuple):
    """Where a message goes: one connection pool an origin, one address a subscription."""

    origin: str
    host: str
    port: int
    secure: bool
    target: str


def parse_endpoint(url: str, extra: Iterable[str] = ()) -> Endpoint:
    """The parts of an allowed endpoint; raises Refused for any other.

    `extra` are origins the operator allows besides; a loopback one without a port means any port.
    """
    found = SHAPE.match(url) if len(url) <= LONGEST else None
    if found is None:
        raise Refused("not a plain https address")
    scheme, host, port_text, target = found.group("scheme", "host", "port", "target")
    if len(host) > 253:
        raise Refused("not a host name")
    secure = scheme == "https"
    port = int(port_text) if port_text else (443 if secure else 80)
    origin = f"{scheme}://{host}" + (f":{port}" if port != (443 if secure else 80) else "")
    if not (secure and port == 443 and _is_push_service(host)) and not _is_extra(origin, extra):
        raise Refused("not a known push service")
    return Endpoint(origin, host, port, secure, target)


def _is_push_service(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in PUSH_SERVICES)


def _is_extra(origin: str, extra: Iterable[str]) -> bool:
    parts = urlsplit(origin)
    bare = f"{parts.scheme}://{parts.hostname}"
    return any(
        origin == allowed or (allowed == bare and parts.hostname in LOOPBACK) for allowed in extra
    )


def parse_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """A subscription's raw keys; raises Refused unless a P-256 point and 16 bytes of auth."""
    point, secret = _decode(p256dh), _decode(auth)
    if len(point) != 65 or len(secret) != 16:
        raise Refused("p256dh must have 65 bytes and auth 16")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Refused("p256dh is not a point of P-256") from error
    return point, secret


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", True)
    except (binascii.Error, ValueError) as error:
        raise Refused("the keys must be base64url") from error
