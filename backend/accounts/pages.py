"""The pages of accounts: signing in and out, and one's own settings."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from backend.accounts import cookies, service
from backend.accounts.access import Caller
from backend.accounts.rules import CODES_A_MINUTE, local_path, mobile_of
from backend.accounts.schemas import (
    BindUsagePoint,
    ChooseDisplay,
    EnterCode,
    ProveCode,
    RequestCode,
)
from backend.core.errors import Invalid, TooMany
from backend.core.forms import Form
from backend.core.http import Request, client_address
from backend.core.masking import mask_phone
from backend.core.pages import page

NO_STORE = {"cache-control": "no-store"}
RESEND_SECONDS = 60 // CODES_A_MINUTE
# The cookie itself is ended by name: "cookies" here would also forget language and colours.
WIPE = {"clear-site-data": '"cache", "storage"', **NO_STORE}


class SignInPages(Controller):
    path = cookies.SIGN_IN
    include_in_schema = False

    @get()
    async def new(self, request: Request, next: FromQuery[str] = "/") -> Template | Redirect:  # noqa: A002
        if _caller(request):
            return Redirect(local_path(next), status_code=303)
        return _phone_page(request, Form(RequestCode), next)

    @post()
    async def create(self, request: Request) -> Template | Redirect:
        sent = dict(await request.form())
        target = str(sent.get("next", "/"))
        form = Form(RequestCode, sent | {"phone": _mobile(sent.get("phone"))})
        if form.command is None:
            return _phone_page(request, form, target)
        try:
            code = await service.request_code(form.command, client_address(request))
        except TooMany as error:
            form.refuse(Invalid(error.text, field="phone"))
            return _phone_page(request, form, target, error.status)
        back = quote(local_path(target), safe="/")
        answer = Redirect(f"/sign-in/code?next={back}", status_code=303)
        answer.set_cookie(cookies.flow_cookie(form.command.phone, code))
        return answer

    @get("/code")
    async def edit(self, request: Request, next: FromQuery[str] = "/") -> Template | Redirect:  # noqa: A002
        flow = _flow(request)
        if flow is None:
            return Redirect("/sign-in", status_code=303)
        return _code_page(request, flow, Form(EnterCode), next)

    @post("/code")
    async def update(self, request: Request) -> Template | Redirect:
        flow = _flow(request)
        if flow is None:
            return Redirect("/sign-in", status_code=303)
        sent = dict(await request.form())
        target = local_path(str(sent.get("next", "/")))
        form = Form(EnterCode, sent)
        if form.command is None:
            return _code_page(request, flow, form, target)
        proof = ProveCode(flow=flow.id, phone=flow.phone, code=form.command.code)
        try:
            session = await service.sign_in(proof, _user_agent(request), _caller(request))
        except Invalid as error:
            form.refuse(error)
            return _code_page(request, flow, form, target)
        answer = Redirect(target, status_code=303, headers=NO_STORE)
        answer.set_cookie(cookies.session_cookie(session))
        answer.set_cookie(cookies.no_flow_cookie())
        return answer


class SignOutPages(Controller):
    path = "/sign-out"
    include_in_schema = False

    @get()
    async def show(self, request: Request) -> Template:
        return _no_store(page(request, "accounts/signed_out.html"))

    @post()
    async def create(self, request: Request) -> Redirect:
        caller = _caller(request)
        if caller is not None:
            await service.sign_out(caller)
        answer = Redirect("/sign-out", status_code=303, headers=WIPE)
        answer.set_cookie(cookies.no_session_cookie())
        return answer


class SettingsPages(Controller):
    path = "/settings"
    include_in_schema = False

    @get()
    async def show(self, request: Request) -> Template:
        return await _settings_page(request, None)

    @post("/display")
    async def update_display(self, request: Request) -> Redirect:
        sent = dict(await request.form())
        chosen = Form(ChooseDisplay, sent).command
        caller = _caller(request)
        if caller and chosen and chosen.locale:
            await service.choose_locale(caller, chosen.locale)
        answer = Redirect(local_path(str(sent.get("next", "/settings"))), status_code=303)
        for cookie in cookies.display_cookies(chosen) if chosen else ():
            answer.set_cookie(cookie)
        return answer

    @post("/usage-points")
    async def create_usage_point(
        self, request: Request, caller: NamedDependency[Caller]
    ) -> Template | Redirect:
        form = Form(BindUsagePoint, dict(await request.form()))
        try:
            if form.command is not None:
                await service.bind(caller, form.command)
                return _to_usage_points()
        except Invalid as error:
            form.refuse(error)
        except TooMany as error:
            form.refuse(Invalid(error.text, field="no"))
        return await _settings_page(request, form)

    @post("/usage-points/{no:str}/choice")
    async def choose(self, caller: NamedDependency[Caller], no: FromPath[str]) -> Redirect:
        await service.choose_current(caller, no)
        return _to_usage_points()

    @post("/usage-points/{no:str}/removal")
    async def remove(self, caller: NamedDependency[Caller], no: FromPath[str]) -> Redirect:
        await service.unbind(caller, no)
        return _to_usage_points()

    @post("/sessions/{session_id:uuid}/ending")
    async def end_session(
        self, caller: NamedDependency[Caller], session_id: FromPath[UUID]
    ) -> Redirect:
        await service.end_session(caller, session_id)
        return Redirect("/settings", status_code=303)


def _caller(request: Request) -> Caller | None:
    """Whoever is signed in on a page that is also for those who are not."""
    found: Caller | None = request.scope["state"].get("caller")
    return found


def _flow(request: Request) -> cookies.Flow | None:
    return cookies.read_flow(request.cookies.get(cookies.FLOW, ""))


def _user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _mobile(typed: Any) -> str:
    """As people type it: with +86, spaces or dashes."""
    text = typed if isinstance(typed, str) else ""
    return mobile_of(text) or text


def _phone_page(
    request: Request, form: Form[RequestCode], target: str, status_code: int = 422
) -> Template:
    status = status_code if form.errors else 200
    shown = page(
        request,
        "accounts/sign_in.html",
        status_code=status,
        form=form,
        next=local_path(target),
    )
    return _no_store(shown)


def _code_page(
    request: Request, flow: cookies.Flow, form: Form[EnterCode], target: str
) -> Template:
    shown = page(
        request,
        "accounts/sign_in_code.html",
        status_code=422 if form.errors else 200,
        form=form,
        flow=flow.id,
        phone=mask_phone(flow.phone),
        dev_code=flow.dev_code,
        next=local_path(target),
        resend_seconds=RESEND_SECONDS,
    )
    return _no_store(shown)


async def _settings_page(request: Request, form: Form[BindUsagePoint] | None) -> Template:
    caller = _caller(request)
    mine = {}
    if caller is not None:
        mine = {
            "usage_points": (await service.list_usage_points(caller)).items,
            "sessions": await service.list_sessions(caller),
        }
    status = 422 if form is not None and form.errors else 200
    return page(request, "accounts/settings.html", status_code=status, form=form, **mine)


def _to_usage_points() -> Redirect:
    return Redirect("/settings#usage-points", status_code=303)


def _no_store(template: Template) -> Template:
    template.headers.update(NO_STORE)
    return template


HANDLERS: list[ControllerRouterHandler] = [SignInPages, SignOutPages, SettingsPages]
