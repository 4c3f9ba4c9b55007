"""All a home page needs, in one answer."""

from msgspec import Struct

from backend.accounts.schemas import UsagePointLine
from backend.applications.schemas import ApplicationLine, ApplicationView
from backend.notifications.schemas import NotificationView


class HomeView(Struct, frozen=True, kw_only=True):
    """`current` is the application that most needs a look; `others` are the open ones besides it."""

    current: ApplicationView | None
    others: list[ApplicationLine]
    notifications: list[NotificationView]
    unread: int
    usage_points: list[UsagePointLine]
