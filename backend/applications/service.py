"""The door of the slice: what other slices and the edges may use."""

from backend.applications.accepting import accept_applications
from backend.applications.accepting_events import accept_application_events

__all__ = ["accept_application_events", "accept_applications"]
