"""The JSON addresses of notifications: for the app's own script and service worker."""

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backend.accounts.access import Caller
from backend.notifications import service
from backend.notifications.schemas import (
    MarkRead,
    NotificationList,
    PreferencesView,
    PushKeyView,
    SetPreferences,
    Subscribe,
    SubscriptionView,
    Unsubscribe,
)


class Unread(Struct, frozen=True):
    unread: int


@get("/api/v1/push-key", tags=["notifications"], sync_to_thread=False)
def push_key() -> PushKeyView:
    """The VAPID public key a browser subscribes with."""
    return service.push_key()


class PushSubscriptions(Controller):
    path = "/api/v1/push-subscriptions"
    tags = ["notifications"]

    @put()
    async def update(
        self, caller: NamedDependency[Caller], data: JSONBody[Subscribe]
    ) -> SubscriptionView:
        """Register this browser for web push, or renew what is known of it."""
        return await service.subscribe(caller, data)

    @delete()
    async def remove(self, caller: NamedDependency[Caller], data: JSONBody[Unsubscribe]) -> None:
        """Push no more to this browser."""
        await service.unsubscribe(caller, data.endpoint)


class Notifications(Controller):
    path = "/api/v1/notifications"
    tags = ["notifications"]

    @get()
    async def index(
        self, caller: NamedDependency[Caller], cursor: FromQuery[str | None] = None
    ) -> NotificationList:
        """The inbox, newest first."""
        return await service.inbox(caller, cursor)

    @post("/reading", status_code=200)
    async def create_reading(
        self, caller: NamedDependency[Caller], data: JSONBody[MarkRead]
    ) -> Unread:
        """Mark one as read, or all without an id; gives how many stay unread."""
        return Unread(await service.mark_read(caller, data))


class NotificationPreferences(Controller):
    path = "/api/v1/notification-preferences"
    tags = ["notifications"]

    @get()
    async def show(self, caller: NamedDependency[Caller]) -> PreferencesView:
        """Which topic comes by which channel, quiet hours, and the devices."""
        return await service.preferences(caller)

    @put()
    async def update(
        self, caller: NamedDependency[Caller], data: JSONBody[SetPreferences]
    ) -> PreferencesView:
        """Choose anew: everything wanted as "topic:channel"; what is not named is off."""
        return await service.set_preferences(caller, data)


HANDLERS: list[ControllerRouterHandler] = [
    push_key,
    PushSubscriptions,
    Notifications,
    NotificationPreferences,
]
