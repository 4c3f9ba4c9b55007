"""The door of the slice: what other slices and the edges may use."""

from backend.applications.accepting import accept_applications
from backend.applications.accepting_events import accept_application_events
from backend.applications.explaining import explain
from backend.applications.nudges import answer, nudge, nudged_application, open_nudges
from backend.applications.reading import (
    lines_of,
    list_applications,
    open_applications,
    show,
    show_to_staff,
)
from backend.applications.submitting import HandedOver, for_utility, submit
from backend.applications.types import type_groups, type_named

__all__ = [
    "HandedOver",
    "accept_application_events",
    "accept_applications",
    "answer",
    "explain",
    "for_utility",
    "lines_of",
    "list_applications",
    "nudge",
    "nudged_application",
    "open_applications",
    "open_nudges",
    "show",
    "show_to_staff",
    "submit",
    "type_groups",
    "type_named",
]
