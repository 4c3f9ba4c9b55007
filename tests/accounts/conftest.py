"""The addresses of accounts alone, behind everything a request passes."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.template import TemplateConfig

from backend.accounts import api, pages
from backend.accounts.access import ApiCaller
from backend.accounts.edge import Identify, provide_caller, provide_client, provide_staff
from backend.accounts.schemas import StaffCard
from backend.core.http import RequestFrame, SameOriginGuard, exception_handlers
from backend.core.pages import template_engine


@get("/api/v1/probe/staff")
async def staff_only(staff: NamedDependency[StaffCard]) -> str:
    return staff.name


@get("/api/v1/probe/client")
async def client_only(client: NamedDependency[ApiCaller]) -> str:
    return client.name


@pytest.fixture(scope="session")
def app():
    found = Litestar(
        route_handlers=[*api.HANDLERS, *pages.HANDLERS, staff_only, client_only],
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "staff": Provide(provide_staff, sync_to_thread=False),
            "client": Provide(provide_client, sync_to_thread=False),
        },
        exception_handlers=exception_handlers(),
        template_config=TemplateConfig(instance=template_engine()),
        logging_config=None,
    )
    found.asgi_handler = RequestFrame(SameOriginGuard(Identify(found.asgi_handler)))
    return found


@pytest.fixture
async def client(app, db: None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without redirects; an unexpected 500 fails the test with its own exception."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as found:
        yield found
