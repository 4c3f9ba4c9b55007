"""The web application: puts the parts together, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.template import TemplateConfig

from backend import VERSION, wiring
from backend.accounts.edge import Identify, provide_caller, provide_client, provide_staff
from backend.core import db
from backend.core.http import RequestFrame, SameOriginGuard, exception_handlers
from backend.core.live import hub
from backend.core.openapi import Description
from backend.core.pages import template_engine
from backend.routes import HANDLERS
from backend.server import end_streams_on_signal

MAX_BODY_BYTES = 1_000_000  # the feed streams and sets its own limit


def create_app() -> Litestar:
    wiring.connect()
    app = Litestar(
        route_handlers=HANDLERS,
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "staff": Provide(provide_staff, sync_to_thread=False),
            "client": Provide(provide_client, sync_to_thread=False),
        },
        exception_handlers=exception_handlers(),
        template_config=TemplateConfig(instance=template_engine()),
        compression_config=CompressionConfig(
            backend="brotli",
            brotli_quality=4,
            brotli_gzip_fallback=True,
            exclude=["^/static/", "^/api/v1/events"],
        ),
        openapi_config=_openapi(),
        request_max_body_size=MAX_BODY_BYTES,
        lifespan=[lifespan],
        logging_config=None,
    )
    # Outside of Litestar's own middleware, which does not see unknown addresses.
    app.asgi_handler = RequestFrame(SameOriginGuard(Identify(app.asgi_handler)))
    return app


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    await db.start_pool()
    end_streams_on_signal()
    listening = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        hub.closing.set()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await db.close_pool()


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Denghuo 灯火",
        version=VERSION,
        description="Self-service of an electricity utility. Errors are RFC 9457 problem+json.",
        path="/api",
        render_plugins=[Description()],
        use_handler_docstrings=True,
    )
