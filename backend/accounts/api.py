"""The JSON addresses of accounts: tokens, me, and usage points."""

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, URLEncodedBody
from litestar.types import ControllerRouterHandler

from backend.accounts import service
from backend.accounts.access import Caller
from backend.accounts.errors import InvalidRequest
from backend.accounts.schemas import (
    BindUsagePoint,
    CodeSent,
    MeView,
    OAuthProblem,
    RequestCode,
    RequestToken,
    TokenPair,
    UsagePointNo,
    UsagePointPage,
    UsagePointView,
)
from backend.core.errors import DomainError
from backend.core.http import Request, client_address, refused

NO_STORE = {"cache-control": "no-store"}
OAUTH_ERRORS = {
    "conflict": "invalid_grant",
    "too-many": "slow_down",
    "away": "temporarily_unavailable",
}


def oauth_refused(
    request: Request, error: DomainError | ValidationException
) -> Response[OAuthProblem]:
    """RFC 9457 with the `error` of RFC 6749 beside it."""
    refusal = InvalidRequest() if isinstance(error, ValidationException) else error
    answer = refused(request, refusal)
    answer.content["error"] = OAUTH_ERRORS.get(refusal.code, refusal.code)
    answer.headers.update(NO_STORE)
    return answer


class Tokens(Controller):
    path = "/api/v1/auth"
    tags = ["sign-in"]

    @post("/codes", status_code=202)
    async def create_code(
        self, request: Request, data: JSONBody[RequestCode]
    ) -> Response[CodeSent]:
        """Send a one-time code by text message; the same answer whether or not the phone is known."""
        sent = await service.request_code(data, client_address(request))
        return Response(sent, headers=NO_STORE)

    @post(
        "/token",
        status_code=200,
        exception_handlers={DomainError: oauth_refused, ValidationException: oauth_refused},
        responses={401: ResponseSpec(OAuthProblem, description="RFC 6749 §5.2")},
    )
    async def create(
        self, request: Request, data: URLEncodedBody[RequestToken]
    ) -> Response[TokenPair]:
        """OAuth 2 token: grant_type otp (flow, phone, code), refresh_token or client_credentials."""
        pair = await service.grant_token(data, request.headers.get("user-agent", ""))
        return Response(pair, headers=NO_STORE)


@get("/api/v1/me", tags=["me"])
async def me(caller: NamedDependency[Caller]) -> MeView:
    """The signed-in person and the usage points they may see."""
    return await service.show_me(caller)


class UsagePoints(Controller):
    path = "/api/v1/usage-points"
    tags = ["me"]

    @get()
    async def index(
        self, caller: NamedDependency[Caller], cursor: FromQuery[UsagePointNo] = ""
    ) -> UsagePointPage:
        """The usage points (户号) the caller may see."""
        return await service.list_usage_points(caller, cursor)

    @post()
    async def create(
        self, caller: NamedDependency[Caller], data: JSONBody[BindUsagePoint]
    ) -> UsagePointView:
        """Bind a usage point by its number and a proof: the meter's last four digits, or the last bill."""
        return await service.bind(caller, data)

    @get("/{no:str}")
    async def show(self, caller: NamedDependency[Caller], no: FromPath[str]) -> UsagePointView:
        """One usage point."""
        return await service.show_usage_point(caller, no)

    @delete("/{no:str}")
    async def remove(self, caller: NamedDependency[Caller], no: FromPath[str]) -> None:
        """Give up a usage point that was bound by proof."""
        await service.unbind(caller, no)


HANDLERS: list[ControllerRouterHandler] = [Tokens, me, UsagePoints]
