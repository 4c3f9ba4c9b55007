"""The addresses at the root that make the site an app: they need root scope and the current release."""

import hashlib

from litestar import Response, get
from litestar.response import Template

from backend.config import settings
from backend.core.assets import asset, assets
from backend.core.http import Request
from backend.core.i18n import locale
from backend.core.pages import TEMPLATES, environment, page

PRECACHE = ("css/app.css", "js/", "icons/icon.svg")


def worker_release() -> str:
    """Changes with any asset, with the worker itself and with the offline page."""
    digest = hashlib.sha256(assets().release.encode())
    for path in (TEMPLATES.parent / "sw.js", TEMPLATES / "offline.html"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def precached() -> list[str]:
    """What the worker fetches at installation: every style, script and icon of this release."""
    return [asset(name) for name in assets().files if name.startswith(PRECACHE)]


@get("/sw.js", include_in_schema=False, sync_to_thread=False)
def service_worker() -> Response[str]:
    source = (TEMPLATES.parent / "sw.js").read_text(encoding="utf-8")
    body = environment().from_string(source).render(release=worker_release(), assets=precached())
    return Response(body, media_type="text/javascript", headers={"cache-control": "no-cache"})


@get("/manifest.webmanifest", include_in_schema=False, sync_to_thread=False)
def manifest() -> Response[str]:
    source = (TEMPLATES.parent / "manifest.webmanifest").read_text(encoding="utf-8")
    body = (
        environment()
        .from_string(source)
        .render(utility_name=settings().utility_name, locale=locale())
    )
    headers = {"cache-control": "no-cache", "vary": "cookie"}
    return Response(body, media_type="application/manifest+json", headers=headers)


@get("/offline", include_in_schema=False, sync_to_thread=False)
def offline(request: Request) -> Template:
    return page(request, "offline.html")


@get("/robots.txt", include_in_schema=False, sync_to_thread=False)
def robots() -> Response[str]:
    return Response("User-agent: *\nAllow: /\n", media_type="text/plain")
