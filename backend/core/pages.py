"""The Jinja environment and `page()`, by which every HTML answer is made."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from markupsafe import Markup
from msgspec import Struct

from backend.config import settings
from backend.core import masking, words
from backend.core.assets import asset, assets
from backend.core.http import Request
from backend.core.i18n import gettext, locale, ngettext, said

TEMPLATES = Path(__file__).parents[2] / "pwa" / "templates"
MODES = ("standard", "care")
SYMBOL = re.compile(r'<symbol id="i-([\w-]+)" viewBox="([^"]+)">(.*?)</symbol>')
THEMES = ("auto", "light", "dark", "contrast")


class UsagePointCard(Struct, frozen=True):
    no: str
    no_masked: str
    address: str


class Viewer(Struct, frozen=True):
    """Who looks at the page and how they like it; every template has it."""

    locale: str
    mode: str
    theme: str
    path: str
    signed_in: bool = False
    name: str = ""
    phone_masked: str = ""
    unread: int = 0
    is_staff: bool = False
    usage_point: UsagePointCard | None = None


class Identity(Struct, frozen=True):
    """What the accounts slice knows of the viewer; put into the request state by it."""

    name: str
    phone_masked: str
    is_staff: bool
    unread: int = 0
    usage_point: UsagePointCard | None = None


def page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> Template:
    """An HTML answer: the template with its views, the viewer, and where we are."""
    return Template(
        template,
        context={"viewer": viewer_of(request), "utility": utility(), **context},
        status_code=status_code,
    )


def keep_offline(template: Template) -> Template:
    """Marks a page that the service worker may keep readable without a network."""
    template.headers["x-offline"] = "keep"
    return template


def viewer_of(request: Request) -> Viewer:
    cookies = request.cookies
    mode, theme = cookies.get("mode", ""), cookies.get("theme", "")
    identity: Identity | None = request.scope["state"].get("identity")
    return Viewer(
        locale=locale(),
        mode=mode if mode in MODES else MODES[0],
        theme=theme if theme in THEMES else THEMES[0],
        path=request.url.path,
        signed_in=identity is not None,
        **(
            {}
            if identity is None
            else {f: getattr(identity, f) for f in identity.__struct_fields__}
        ),
    )


class Utility(Struct, frozen=True):
    name: str
    hotline: str
    pay_url: str


def utility() -> Utility:
    chosen = settings()
    return Utility(chosen.utility_name, chosen.utility_hotline, chosen.pay_url)


def icon(name: str) -> Markup:
    """One symbol of the sprite, drawn into the page: no request, and nothing appears late.

    Decoration only: the words beside it say the same.
    """
    box, shapes = _symbols()[name]
    return Markup('<svg class="i" viewBox="{}" aria-hidden="true">{}</svg>').format(box, shapes)


@cache
def _symbols() -> dict[str, tuple[str, Markup]]:
    sprite = assets().files["icons/sprite.svg"].body.decode()
    # Our own file, not anyone's input.
    return {name: (box, Markup(shapes)) for name, box, shapes in SYMBOL.findall(sprite)}  # noqa: S704


def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(("html", "svg")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=settings().development,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    found.globals |= {"asset": asset, "icon": icon, "said": said}
    found.filters |= {
        "day": words.day,
        "short_day": words.short_day,
        "moment": words.moment,
        "until": words.until,
        "exact": words.exact,
        "iso": words.iso,
        "ago": words.ago,
        "money": words.money,
        "mask_phone": masking.mask_phone,
        "mask_no": masking.mask_number,
        "mask_name": masking.mask_name,
    }
    return found


def template_engine() -> JinjaTemplateEngine:
    return JinjaTemplateEngine.from_environment(environment())
