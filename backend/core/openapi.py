"""The description of the API as it really is: our errors, our bearer tokens."""

from copy import deepcopy
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

METHODS = ("get", "post", "put", "patch", "delete")
OPEN = ("/api/v1/auth/", "/api/v1/application-types", "/api/v1/push-key")

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457, in the reader's language; `errors` names the fields that are wrong.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
REFUSAL = {
    "description": "401 sign in, 403 role, 404 not there or not yours, 409 state, 422 field or rule, "
    "429 too often (Retry-After), 503 away (Retry-After)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """Litestar's description with what it cannot know."""
    found = deepcopy(schema)
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for path, item in found["paths"].items():
        for method in METHODS & item.keys():
            _complete(item[method], open_to_all=path.startswith(OPEN))
    return found


def _complete(operation: dict[str, Any], *, open_to_all: bool) -> None:
    operation["responses"].pop("400", None)
    operation["responses"]["default"] = REFUSAL
    operation["security"] = [] if open_to_all else [{"bearer": []}]


class Description(JsonRenderPlugin):
    """/api/openapi.json"""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, completed(openapi_schema))
