"""Every address of the product, grouped by slice, in the order of the layers."""

from litestar.types import ControllerRouterHandler

from backend.accounts import api as accounts_api
from backend.accounts import pages as accounts_pages
from backend.applications import api as applications_api
from backend.applications import pages as applications_pages
from backend.core import assets, health, pwa
from backend.home import api as home_api
from backend.home import docs as home_docs
from backend.home import pages as home_pages
from backend.integration import api as integration_api
from backend.notifications import api as notifications_api
from backend.notifications import pages as notifications_pages
from backend.staff import pages as staff_pages

HANDLERS: list[ControllerRouterHandler] = [
    # The app shell and health
    assets.serve_asset,
    pwa.service_worker,
    pwa.manifest,
    pwa.offline,
    pwa.robots,
    health.live,
    health.ready,
    health.metrics,
    # Slices
    *accounts_api.HANDLERS,
    *accounts_pages.HANDLERS,
    *notifications_api.HANDLERS,
    *notifications_pages.HANDLERS,
    *applications_api.HANDLERS,
    *applications_pages.HANDLERS,
    *integration_api.HANDLERS,
    *staff_pages.HANDLERS,
    *home_api.HANDLERS,
    *home_pages.HANDLERS,
    *home_docs.HANDLERS,
]
