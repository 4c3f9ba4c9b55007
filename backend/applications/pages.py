"""The pages of applications: list, timeline, what can be applied for, and the form."""

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.accounts import service as accounts
from backend.accounts.access import Caller
from backend.applications import service
from backend.applications.schemas import NudgeApplication, SubmitApplication
from backend.core.errors import Invalid
from backend.core.forms import Form
from backend.core.http import Request
from backend.core.pages import keep_offline, page


class ApplicationPages(Controller):
    path = "/applications"
    include_in_schema = False

    @get()
    async def index(self, request: Request, caller: NamedDependency[Caller]) -> Template:
        found = await service.list_applications(caller, request.query_params.get("cursor"))
        return keep_offline(
            page(request, "applications/index.html", applications=found.items, next=found.next)
        )

    @get("/new")
    async def new(self, request: Request, caller: NamedDependency[Caller]) -> Template:
        return page(request, "applications/new.html", groups=service.type_groups())

    @get("/new/{code:str}")
    async def new_form(
        self, request: Request, caller: NamedDependency[Caller], code: FromPath[str]
    ) -> Template:
        return await _form(request, caller, code, None)

    @post()
    async def create(
        self, request: Request, caller: NamedDependency[Caller]
    ) -> Template | Redirect:
        form = Form(SubmitApplication, await request.form())
        try:
            if form.command is not None:
                made = await service.submit(caller, form.command)
                return Redirect(f"/applications/{made.no}", status_code=303)
        except Invalid as error:
            form.refuse(error)
        return await _form(request, caller, str(form.values.get("type", "")), form)

    @get("/{no:str}")
    async def show(
        self, request: Request, caller: NamedDependency[Caller], no: FromPath[str]
    ) -> Template:
        return keep_offline(await _show(request, caller, no))

    @post("/{no:str}/nudges")
    async def create_nudge(
        self, request: Request, caller: NamedDependency[Caller], no: FromPath[str]
    ) -> Template | Redirect:
        form = Form(NudgeApplication, await request.form())
        if form.command is None:
            return await _show(request, caller, no, form=form, status_code=422)
        await service.nudge(caller, no, form.command)
        return Redirect(f"/applications/{no}#nudge", status_code=303)


async def _show(
    request: Request, caller: Caller, no: str, *, status_code: int = 200, **context: Any
) -> Template:
    found = await service.show(caller, no)
    return page(
        request, "applications/show.html", status_code=status_code, application=found, **context
    )


async def _form(
    request: Request, caller: Caller, code: str, form: Form[SubmitApplication] | None
) -> Template:
    """The form of one kind of business, with what was typed and what was wrong with it."""
    chosen = service.type_named(code)
    points = (await accounts.list_usage_points(caller)).items if chosen.about_usage_point else []
    return page(
        request,
        "applications/new_form.html",
        status_code=200 if form is None else 422,
        type=chosen,
        usage_points=[(one.no, one.address, one.no_masked) for one in points],
        current=next((one.no for one in points if one.current), points[0].no if points else ""),
        form=form,
    )


HANDLERS = [ApplicationPages]
