"""The door of the slice: what its edges and other slices may use."""

from typing import Any

from backend.accounts import clients, people
from backend.accounts.access import ApiCaller, Caller, owner_of, readable, readable_sql
from backend.accounts.bindings import (
    bind,
    choose_current,
    choose_locale,
    list_usage_points,
    show_me,
    show_usage_point,
    unbind,
)
from backend.accounts.codes import request_code
from backend.accounts.feed import accept_customers, accept_staff, accept_usage_points
from backend.accounts.holdings import Holding, holding, live_topics
from backend.accounts.people import add_staff, prepare_keys
from backend.accounts.rules import Scope
from backend.accounts.sessions import end_session, is_live, list_sessions, sign_out_hooks
from backend.accounts.signing_in import grant_token, sign_in, sign_out

__all__ = [
    "ApiCaller",
    "Caller",
    "Holding",
    "accept_customers",
    "accept_staff",
    "accept_usage_points",
    "add_client",
    "add_staff",
    "bind",
    "choose_current",
    "choose_locale",
    "end_session",
    "export_person",
    "grant_token",
    "holding",
    "is_live",
    "list_sessions",
    "list_usage_points",
    "live_topics",
    "owner_of",
    "prepare_keys",
    "readable",
    "readable_sql",
    "request_code",
    "show_me",
    "show_usage_point",
    "sign_in",
    "sign_out",
    "sign_out_hooks",
    "unbind",
]


async def add_client(name: str, scope: str) -> dict[str, str]:
    """A new system of the utility's: {"client_id", "client_secret"}, told this once."""
    return await clients.add_client(name, Scope(scope))


async def export_person(phone: str) -> dict[str, list[dict[str, Any]]] | None:
    """All that is kept about the person with this phone, in every slice."""
    from backend.piccolo_app import APP_CONFIG

    return await people.export_person(phone, APP_CONFIG.table_classes)
