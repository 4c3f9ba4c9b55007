"""The server's VAPID key, kept beside its other keys."""

from functools import cache

from backend.config import settings
from backend.notifications.vapid import Vapid, VapidKeys, contact, load_or_create


@cache
def vapid_keys() -> VapidKeys:
    return load_or_create(settings().data / "keys" / "vapid.pem")


def vapid() -> Vapid:
    chosen = settings()
    return Vapid(vapid_keys(), contact(chosen.push_contact, chosen.base_url))


def prepare_vapid_key() -> str:
    """Make the key if it is missing; returns its public half."""
    return vapid_keys().public
