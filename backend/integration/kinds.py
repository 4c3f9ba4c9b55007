"""What can be fed: each kind with its row and the slice that takes it."""

from typing import Any

from msgspec import Struct

from backend.accounts import service as accounts
from backend.accounts.schemas import FeedCustomer, FeedStaff, FeedUsagePoint
from backend.applications import service as applications
from backend.applications.schemas import FeedApplication, FeedApplicationEvent
from backend.core.errors import NotFound
from backend.core.feed import Acceptor
from backend.core.i18n import N_


class Kind(Struct, frozen=True):
    row: type[Any]
    accept: Acceptor


KINDS = {
    "customers": Kind(FeedCustomer, accounts.accept_customers),
    "usage-points": Kind(FeedUsagePoint, accounts.accept_usage_points),
    "staff": Kind(FeedStaff, accounts.accept_staff),
    "applications": Kind(FeedApplication, applications.accept_applications),
    "application-events": Kind(FeedApplicationEvent, applications.accept_application_events),
}


def kind_of(name: str) -> Kind:
    found = KINDS.get(name)
    if found is None:
        raise NotFound(N_("没有这种数据：%(name)s。"), name=name[:40])
    return found
