"""Hooks by which an outer slice serves an inner one without being known to it."""

from backend import jobs  # noqa: F401 - every process may enqueue every kind of job
from backend.accounts import edge as accounts_edge
from backend.accounts import service as accounts
from backend.notifications import service as notifications


def connect() -> None:
    """Once a process, before the first request or job."""
    accounts_edge.unread_badge = notifications.unread_count
    accounts.sign_out_hooks[:] = [notifications.forget_session]
