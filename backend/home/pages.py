"""The first page, and help."""

from litestar import get
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler
from msgspec.structs import asdict as fields

from backend.accounts.access import Caller
from backend.core.http import Request
from backend.core.pages import keep_offline, page, viewer_of
from backend.home import service
from backend.promises import service as promises


@get("/", include_in_schema=False)
async def index(request: Request) -> Template | Redirect:
    """The right one for whoever it is; staff who use power themselves have both."""
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        return page(request, "home/welcome.html")
    if caller.staff and viewer_of(request).usage_point is None:
        return Redirect("/staff", status_code=303)
    return keep_offline(page(request, "home/index.html", **fields(await service.home(caller))))


@get("/help", include_in_schema=False, sync_to_thread=False)
def help_index(request: Request) -> Template:
    return keep_offline(page(request, "help/index.html", rules=promises.published()))


HANDLERS: list[ControllerRouterHandler] = [index, help_index]
