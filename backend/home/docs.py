"""The API in readable form, made from the same description the machines get."""

from typing import Any

from litestar import get
from litestar.response import Template
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backend.core.http import Request
from backend.core.pages import page

METHODS = ("get", "post", "put", "patch", "delete")


class Operation(Struct, frozen=True):
    method: str
    path: str
    summary: str
    description: str


class Area(Struct, frozen=True):
    name: str
    operations: list[Operation]


@get("/api/docs", include_in_schema=False, sync_to_thread=False)
def docs(request: Request) -> Template:
    return page(request, "help/api.html", areas=areas(request.app.openapi_schema.to_schema()))


def areas(schema: dict[str, Any]) -> list[Area]:
    """The operations by their first tag, in the order of the routes."""
    found: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                name = (item[method].get("tags") or ["other"])[0]
                found.setdefault(name, []).append(_operation(method, path, item[method]))
    return [Area(name, operations) for name, operations in found.items()]


def _operation(method: str, path: str, item: dict[str, Any]) -> Operation:
    return Operation(method.upper(), path, item.get("summary", ""), item.get("description", ""))


HANDLERS: list[ControllerRouterHandler] = [docs]
