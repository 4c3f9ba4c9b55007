"""A push service of our own: it issues subscriptions, checks who sends, and decrypts what comes.

As strict as the real ones where they differ. Tests start it in their own loop (`async with
running_push_service() as service`); others start it as `python -m tests.push_service --help` and talk
to it over HTTP: POST /subscriptions {"number", "vapid_key"}, GET /messages, GET /counts.
"""

import argparse
import asyncio
import json
import os
import ssl
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.push_crypto import base64url, decrypt, from_base64url
from tests.push_wire import (
    ACCEPT,
    RESET,
    RESET_AFTER,
    STALL,
    Answer,
    Connection,
    Message,
    Subscription,
    limited,
)

__all__ = [
    "ACCEPT",
    "RESET",
    "RESET_AFTER",
    "STALL",
    "Answer",
    "Message",
    "PushService",
    "Subscription",
    "limited",
    "running_push_service",
]

LARGEST_BODY = 4096
DAY = 24 * 3600


class PushService:
    """Issues subscriptions, judges requests, remembers what came."""

    def __init__(self, *, decrypt_share: float = 1.0, delay: float = 0.0) -> None:
        self.origin = ""
        self.subscriptions: dict[str, Subscription] = {}
        self.messages: list[Message] = []
        self.problems: list[str] = []
        self.counts: Counter[str] = Counter()
        self.script: deque[Answer] = deque()  # for whichever message comes next
        self.arrived = asyncio.Event()
        self.decrypt_share, self.delay = decrypt_share, delay
        self.open: set[Connection] = set()
        self._envelopes: set[bytes] = set()
        self._believed: dict[str, float] = {}

    def subscribe(self, vapid_key: str | None = None) -> Subscription:
        """A new subscription, bound to the server key it was made for."""
        name = base64url(os.urandom(16))
        found = Subscription(
            f"{self.origin}/push/{name}",
            ec.generate_private_key(ec.SECP256R1()),
            os.urandom(16),
            vapid_key,
        )
        self.subscriptions[f"/push/{name}"] = found
        return found

    @property
    def accepted(self) -> list[Message]:
        return [message for message in self.messages if message.status == 201]

    def by_endpoint(self) -> dict[str, list[Message]]:
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self.accepted:
            found[message.endpoint].append(message)
        return found

    async def wait_for(self, number: int, *, within: float = 30.0) -> None:
        """Until that many messages were accepted."""
        async with asyncio.timeout(within):
            while self.counts["201"] < number:
                self.arrived.clear()
                await self.arrived.wait()

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One POST to an endpoint."""
        subscription = self.subscriptions.get(path)
        answer = self._answer(subscription, headers, body)
        self.counts[str(answer.status) if answer.how == "answer" else answer.how] += 1
        if subscription is not None:
            self._remember(subscription, answer, headers, body)
        self.arrived.set()
        return answer

    def _answer(
        self, subscription: Subscription | None, headers: dict[str, str], body: bytes
    ) -> Answer:
        if subscription is None:
            return Answer(404)
        problem = self._problem(subscription, headers)
        if problem is not None:
            self.problems.append(problem[1])
            return Answer(problem[0])
        if len(body) > LARGEST_BODY:
            return Answer(413)
        if subscription.script:
            return subscription.script.popleft()
        if self.script:
            return self.script.popleft()
        return subscription.for_ever or ACCEPT

    def _problem(
        self, subscription: Subscription, headers: dict[str, str]
    ) -> tuple[int, str] | None:
        if headers.get("content-encoding") != "aes128gcm":
            return 400, "content-encoding must be aes128gcm"
        if not headers.get("ttl", "").isdigit():
            return 400, "a TTL is required"
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return 400, "unknown urgency"
        if not _is_topic(headers.get("topic")):
            return 400, "a topic has at most 32 characters of base64url"
        reason = self._disbelieved(subscription, headers.get("authorization", ""))
        return None if reason is None else (403, reason)

    def _disbelieved(self, subscription: Subscription, authorization: str) -> str | None:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or not {"t", "k"} <= parts.keys():
            return "no VAPID token"
        if subscription.vapid_key is not None and parts["k"] != subscription.vapid_key:
            return "the key of another subscription"
        if self._believed.get(authorization, 0) > time.time():
            return None
        self.counts["signatures checked"] += 1
        return self._check_token(authorization, parts["t"], parts["k"])

    def _check_token(self, authorization: str, token: str, key: str) -> str | None:
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), from_base64url(key)
            )
            claims = jwt.decode(token, public, algorithms=["ES256"], audience=self.origin)
        except (jwt.InvalidTokenError, ValueError) as error:
            return f"the token is not valid: {error!r}"
        if claims["exp"] > time.time() + DAY:
            return "exp is more than 24 h ahead"
        if not str(claims.get("sub", "")).startswith(("mailto:", "https://")):
            return "sub must say whom to ask"
        self._believed[authorization] = claims["exp"]
        return None

    def _remember(
        self, subscription: Subscription, answer: Answer, headers: dict[str, str], body: bytes
    ) -> None:
        envelope = body[:86]
        for part in (envelope[:16], envelope[21:86]):
            if part in self._envelopes:
                self.problems.append("a salt or an ephemeral key was used twice")
            self._envelopes.add(part)
        ttl = headers.get("ttl", "")
        self.messages.append(
            Message(
                subscription.endpoint,
                answer.status if answer.how in ("answer", "reset_after") else 0,
                headers.get("topic"),
                int(ttl) if ttl.isdigit() else -1,
                headers.get("urgency", "normal"),
                len(body),
                self._payload(subscription, body),
            )
        )

    def _payload(self, subscription: Subscription, body: bytes) -> dict[str, Any] | None:
        if body[0] >= self.decrypt_share * 256:
            return None  # the salt is random, so this is a fair sample
        try:
            found = json.loads(decrypt(body, subscription.private, subscription.auth))
        except ValueError as error:
            self.problems.append(str(error))
            return None
        return cast(dict[str, Any], found)

    def control(self, method: str, path: str, body: bytes) -> Any:
        """For other processes."""
        if (method, path) == ("POST", "/subscriptions"):
            asked = json.loads(body)
            made = [self.subscribe(asked.get("vapid_key")) for _ in range(asked.get("number", 1))]
            return [{"endpoint": one.endpoint, "keys": one.keys} for one in made]
        if (method, path) == ("GET", "/messages"):
            return [message.__dict__ for message in self.messages]
        if (method, path) == ("GET", "/counts"):
            return {"counts": self.counts, "problems": Counter(self.problems)}
        return None


def _is_topic(topic: str | None) -> bool:
    return topic is None or (
        0 < len(topic) <= 32 and topic.replace("-", "").replace("_", "").isalnum()
    )


@asynccontextmanager
async def running_push_service(
    port: int = 0, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[PushService]:
    """The service on a loopback port for the length of the block."""
    service = PushService(**options)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(service), "127.0.0.1", port, ssl=tls
    )
    scheme = "http" if tls is None else "https"
    service.origin = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for connection in list(service.open):
            connection.transport.abort()
        await server.wait_closed()


async def _serve(port: int, decrypt_share: float, delay: float, certificate: str) -> None:
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    options = {"decrypt_share": decrypt_share, "delay": delay}
    async with running_push_service(port, tls=tls, **options) as service:
        print(service.origin, flush=True)  # noqa: T201 - whoever started us waits for it
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--decrypt-share", type=float, default=1.0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--certificate", default="", help="PEM of key and certificate: then https")
    chosen = parser.parse_args()
    asyncio.run(_serve(chosen.port, chosen.decrypt_share, chosen.delay, chosen.certificate))
