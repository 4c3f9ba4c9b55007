"""The utility's systems: a name, a secret and what it may do."""

import hmac
import re
import secrets

from backend.accounts import tokens
from backend.accounts.access import ApiCaller
from backend.accounts.errors import InvalidClient
from backend.accounts.rules import Scope
from backend.accounts.schemas import TokenPair
from backend.accounts.tables import ApiClient
from backend.core import audit, clock, db


async def add_client(name: str, scope: Scope) -> dict[str, str]:
    """A new system of the utility's; its secret is told this once and only its hash is kept."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "client"
    client_id, secret = f"{slug}-{secrets.token_hex(4)}", tokens.opaque_token()
    async with db.transaction():
        await ApiClient(
            id=client_id,
            name=name[:100],
            scope=scope.value,
            secret_hash=tokens.digest(secret).hex(),
            created_at=clock.now(),
        ).save()
        await audit.record("operator", "client-added", f"client:{client_id}", scope=scope.value)
    return {"client_id": client_id, "client_secret": secret}


async def sign_in_client(client_id: str, secret: str) -> TokenPair:
    """An access token for a system that knows its secret."""
    row = (
        await ApiClient.select(ApiClient.scope, ApiClient.secret_hash)
        .where(ApiClient.id == client_id, ApiClient.ended_at.is_null())
        .first()
    )
    given = tokens.digest(secret).hex()
    if row is None or not hmac.compare_digest(given, row["secret_hash"]):
        raise InvalidClient
    token = tokens.client_token(client_id, Scope(row["scope"]))
    return TokenPair(token, tokens.expires_in())


async def client_by_id(client_id: str) -> ApiCaller | None:
    """Asked on every request, so a client that is ended is out at once."""
    row = (
        await ApiClient.select(ApiClient.name, ApiClient.scope)
        .where(ApiClient.id == client_id, ApiClient.ended_at.is_null())
        .first()
    )
    return None if row is None else ApiCaller(client_id, row["name"], Scope(row["scope"]))
