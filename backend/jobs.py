"""Importing this registers every slice's jobs, schedules and lanes with the worker."""

from backend.accounts import jobs as accounts_jobs
from backend.core import idempotency, ratelimit, sms
from backend.integration import jobs as integration_jobs
from backend.notifications import jobs as notifications_jobs
from backend.promises import jobs as promises_jobs

__all__ = [
    "accounts_jobs",
    "idempotency",
    "integration_jobs",
    "notifications_jobs",
    "promises_jobs",
    "ratelimit",
    "sms",
]
