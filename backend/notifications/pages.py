"""The pages of notifications: the inbox, and how one wants to be told."""

from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.accounts.access import Caller
from backend.core.errors import Invalid
from backend.core.forms import Form
from backend.core.http import Request
from backend.core.pages import keep_offline, page
from backend.notifications import service
from backend.notifications.schemas import SetPreferences


class NotificationPages(Controller):
    path = "/notifications"
    include_in_schema = False

    @get()
    async def index(
        self,
        request: Request,
        caller: NamedDependency[Caller],
        cursor: FromQuery[str | None] = None,
    ) -> Template:
        found = await service.inbox(caller, cursor)
        shown = page(
            request,
            "notifications/index.html",
            items=found.items,
            next=found.next,
            newest=cursor is not None,
        )
        return shown if cursor else keep_offline(shown)

    @get("/{number:int}")
    async def show(self, number: FromPath[int], caller: NamedDependency[Caller]) -> Redirect:
        return Redirect(await service.open_notification(caller, number), status_code=303)

    @post("/reading")
    async def create_reading(self, caller: NamedDependency[Caller]) -> Redirect:
        await service.read_all(caller)
        return Redirect("/notifications", status_code=303)

    @get("/settings")
    async def edit(self, request: Request, caller: NamedDependency[Caller]) -> Template:
        return await _settings(request, caller, None)

    @post("/settings")
    async def update(
        self, request: Request, caller: NamedDependency[Caller]
    ) -> Template | Redirect:
        sent = await request.form()
        form = Form(SetPreferences, {**sent, "on": sent.getall("on", [])})
        try:
            if form.command is not None:
                await service.set_preferences(caller, form.command)
                return Redirect("/notifications/settings", status_code=303)
        except Invalid as error:
            form.refuse(error)
        return await _settings(request, caller, form)

    @post("/devices/{subscription_id:uuid}/removal")
    async def remove_device(
        self, subscription_id: FromPath[UUID], caller: NamedDependency[Caller]
    ) -> Redirect:
        await service.remove_device(caller, subscription_id)
        return Redirect("/notifications/settings", status_code=303)

    @post("/test")
    async def send_test(self, caller: NamedDependency[Caller]) -> Redirect:
        await service.send_test(caller)
        return Redirect("/notifications", status_code=303)


async def _settings(
    request: Request, caller: Caller, form: Form[SetPreferences] | None
) -> Template:
    view = await service.preferences(caller)
    if form is not None:
        view = service.with_choices(view, form.values["on"])
    return page(
        request,
        "notifications/settings.html",
        status_code=200 if form is None else 422,
        form=form,
        **msgspec.structs.asdict(view),
    )


HANDLERS = [NotificationPages]
