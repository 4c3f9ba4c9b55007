"""The home page as JSON, and what changes while a page is open."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent
from litestar.types import ControllerRouterHandler

from backend.accounts import service as accounts
from backend.accounts.access import Caller
from backend.core.live import hub
from backend.home import service
from backend.home.schemas import HomeView

STAFF_TOPICS = ("staff:nudges", "staff:promises")


@get("/api/v1/home", tags=["me"])
async def home(caller: NamedDependency[Caller]) -> HomeView:
    """All a home page needs, in one request."""
    return await service.home(caller)


@get("/api/v1/events", tags=["live"], media_type="text/event-stream")
async def events(caller: NamedDependency[Caller]) -> ServerSentEvent:
    """Hints that something of the caller's changed; fetch again what you show."""

    async def still_allowed() -> bool:
        return await accounts.is_live(caller.session_id)

    topics = [f"person:{caller.person_id}", *(STAFF_TOPICS if caller.staff else ())]
    return hub.stream(topics, still_allowed)


HANDLERS: list[ControllerRouterHandler] = [home, events]
