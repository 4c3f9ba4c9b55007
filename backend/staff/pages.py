"""The staff's pages: the desk, an application with its customer's eyes, answers and explanations."""

from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.accounts.schemas import StaffCard
from backend.applications import service as applications
from backend.applications.schemas import AnswerNudge
from backend.core.forms import Form
from backend.core.http import Request
from backend.core.pages import page
from backend.promises.schemas import ExplainPromise
from backend.staff import service


class StaffPages(Controller):
    path = "/staff"
    include_in_schema = False

    @get()
    async def index(self, request: Request, staff: NamedDependency[StaffCard]) -> Template:
        desk = await service.desk()
        return page(
            request,
            "staff/index.html",
            nudges=desk.nudges,
            unexplained=desk.unexplained,
            due_soon=desk.due_soon,
            as_of=desk.as_of,
        )

    @get("/applications/{no:str}")
    async def show(
        self, request: Request, staff: NamedDependency[StaffCard], no: FromPath[str]
    ) -> Template:
        return await _application(request, no)

    @post("/nudges/{nudge:uuid}/answer")
    async def create_answer(
        self, request: Request, staff: NamedDependency[StaffCard], nudge: FromPath[UUID]
    ) -> Template | Redirect:
        no = await applications.nudged_application(nudge)
        form = Form(AnswerNudge, await request.form())
        if form.command is None:
            return await _application(request, no, status_code=422, form=form, answering=nudge)
        await applications.answer(staff, nudge, form.command)
        return Redirect(f"/staff/applications/{no}", status_code=303)

    @post("/applications/{no:str}/explanations")
    async def create_explanation(
        self, request: Request, staff: NamedDependency[StaffCard], no: FromPath[str]
    ) -> Template | Redirect:
        form = Form(ExplainPromise, await request.form())
        if form.command is None:
            return await _application(request, no, status_code=422, form=form)
        await applications.explain(staff, no, form.command)
        return Redirect(f"/staff/applications/{no}", status_code=303)


async def _application(
    request: Request, no: str, *, status_code: int = 200, **context: Any
) -> Template:
    found = await applications.show_to_staff(no)
    return page(
        request, "staff/application.html", status_code=status_code, application=found, **context
    )


HANDLERS = [StaffPages]
