"""Applications as JSON."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler

from backend.accounts.access import Caller
from backend.applications import service
from backend.applications.schemas import (
    ApplicationPage,
    ApplicationView,
    NudgeApplication,
    NudgeView,
    SubmitApplication,
    TypePage,
)
from backend.core.http import Request
from backend.core.idempotency import once


@get("/api/v1/application-types", tags=["applications"], sync_to_thread=False)
def types() -> TypePage:
    """What can be applied for, by whom, with which papers and within what time."""
    return TypePage([found for group in service.type_groups() for found in group.types])


class Applications(Controller):
    path = "/api/v1/applications"
    tags = ["applications"]

    @get()
    async def index(
        self, caller: NamedDependency[Caller], cursor: FromQuery[str | None] = None
    ) -> ApplicationPage:
        """The caller's applications, the latest news first."""
        return await service.list_applications(caller, cursor)

    @post()
    async def create(
        self, request: Request, caller: NamedDependency[Caller], data: JSONBody[SubmitApplication]
    ) -> Response[ApplicationView]:
        """Apply; takes an Idempotency-Key."""
        return await once(request, 201, lambda: service.submit(caller, data))

    @get("/{no:str}")
    async def show(self, caller: NamedDependency[Caller], no: FromPath[str]) -> ApplicationView:
        """The timeline: stages, whose turn it is, what was promised by which rule, and what happened."""
        return await service.show(caller, no)

    @post("/{no:str}/nudges")
    async def create_nudge(
        self,
        request: Request,
        caller: NamedDependency[Caller],
        no: FromPath[str],
        data: JSONBody[NudgeApplication],
    ) -> Response[NudgeView]:
        """Ask for progress; an answer is due within the promised time. Takes an Idempotency-Key."""
        return await once(request, 201, lambda: service.nudge(caller, no, data))


HANDLERS: list[ControllerRouterHandler] = [types, Applications]
