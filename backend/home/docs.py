"""The API in readable form, made from the same description the machines get."""

from typing import Any

from litestar import get
from litestar.response import Template
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from backend.core.http import Request
from backend.core.openapi import METHODS, completed
from backend.core.pages import page

Schema = dict[str, Any]


class FieldLine(Struct, frozen=True):
    """`where` is path, query, body or answer."""

    name: str
    kind: str
    where: str
    required: bool


class Operation(Struct, frozen=True, kw_only=True):
    method: str
    path: str
    description: str
    takes: list[FieldLine]
    gives: list[FieldLine]


class Area(Struct, frozen=True):
    name: str
    operations: list[Operation]


@get("/api/docs", include_in_schema=False, sync_to_thread=False)
def docs(request: Request) -> Template:
    described = completed(request.app.openapi_schema.to_schema())
    return page(request, "help/api.html", areas=areas(described))


def areas(schema: Schema) -> list[Area]:
    """The operations by their first tag, in the order of the routes."""
    found: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                name = (item[method].get("tags") or ["other"])[0]
                found.setdefault(name, []).append(_operation(schema, method, path, item[method]))
    return [Area(name, operations) for name, operations in found.items()]


def _operation(schema: Schema, method: str, path: str, item: Schema) -> Operation:
    parameters = [
        FieldLine(one["name"], _kind(one["schema"]), one["in"], one.get("required", False))
        for one in item.get("parameters", [])
    ]
    body = _content(item.get("requestBody", {}))
    good: Schema = next(
        (one for code, one in item["responses"].items() if code.startswith("2")), {}
    )
    return Operation(
        method=method.upper(),
        path=path,
        description=item.get("description", ""),
        takes=parameters + _fields(schema, body, "body"),
        gives=_fields(schema, _content(good), "answer"),
    )


def _content(part: Schema) -> Schema:
    """The schema of a body, whatever its media type."""
    return next((media.get("schema", {}) for media in part.get("content", {}).values()), {})


def _fields(schema: Schema, described: Schema, where: str) -> list[FieldLine]:
    target = _resolved(schema, described)
    required = target.get("required", [])
    return [
        FieldLine(name, _kind(field), where, name in required)
        for name, field in target.get("properties", {}).items()
    ]


def _resolved(schema: Schema, described: Schema) -> Schema:
    name = described.get("$ref", "").rpartition("/")[2]
    found: Schema = schema["components"]["schemas"][name] if name else described
    return found


def _kind(field: Schema) -> str:
    """string, integer, ApplicationType, list of StageView …"""
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if field.get("type") == "array":
        return f"[{_kind(field.get('items', {}))}]"
    choices = field.get("oneOf") or field.get("anyOf") or []
    if choices:
        return " | ".join(_kind(one) for one in choices)
    return str(field.get("format") or field.get("type") or "any")


HANDLERS: list[ControllerRouterHandler] = [docs]
