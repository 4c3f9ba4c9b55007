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
    return service.push_key()


class PushSubscriptions(Controller):
    path = "/api/v1/push-subscriptions"
    tags = ["notifications"]

    @put()
    async def update(
        self, caller: NamedDependency[Caller], data: JSONBody[Subscribe]
    ) -> SubscriptionView:
        return await service.subscribe(caller, data)

    @delete()
    async def remove(self, caller: NamedDependency[Caller], data: JSONBody[Unsubscribe]) -> None:
        await service.unsubscribe(caller, data.endpoint)


class Notifications(Controller):
    path = "/api/v1/notifications"
    tags = ["notifications"]

    @get()
    async def index(
        self, caller: NamedDependency[Caller], cursor: FromQuery[str | None] = None
    ) -> NotificationList:
        return await service.inbox(caller, cursor)

    @post("/reading", status_code=200)
    async def create_reading(
        self, caller: NamedDependency[Caller], data: JSONBody[MarkRead]
    ) -> Unread:
        return Unread(await service.mark_read(caller, data))


class NotificationPreferences(Controller):
    path = "/api/v1/notification-preferences"
    tags = ["notifications"]

    @get()
    async def show(self, caller: NamedDependency[Caller]) -> PreferencesView:
        return await service.preferences(caller)

    @put()
    async def update(
        self, caller: NamedDependency[Caller], data: JSONBody[SetPreferences]
    ) -> PreferencesView:
        return await service.set_preferences(caller, data)


HANDLERS: list[ControllerRouterHandler] = [
    push_key,
    PushSubscriptions,
    Notifications,
    NotificationPreferences,
]
