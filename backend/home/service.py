"""The first page: what other slices know, put together in one answer."""

from backend.accounts import service as accounts
from backend.accounts.access import Caller
from backend.applications import service as applications
from backend.applications.schemas import ApplicationLine
from backend.home.schemas import HomeView
from backend.notifications import service as notifications

NEWS = 3
OTHERS = 4
# What needs a look first: the customer's own turn, then what is late, then what is due.
URGENCY = ("waiting_customer", "late", "due_soon", "on_time")


async def home(caller: Caller) -> HomeView:
    """All a home page needs: the most pressing application in full, the others in a line each."""
    lines = await applications.open_applications(caller)
    first = min(lines, key=_pressing, default=None)
    inbox = await notifications.inbox(caller)
    points = await accounts.list_usage_points(caller)
    return HomeView(
        current=await applications.show(caller, first.no) if first else None,
        others=[line for line in lines if line is not first][:OTHERS],
        notifications=inbox.items[:NEWS],
        unread=inbox.unread,
        usage_points=points.items,
    )


def _pressing(line: ApplicationLine) -> tuple[int, float]:
    """Smaller is more pressing; of two alike the one with the latest news."""
    place = URGENCY.index(line.state) if line.state in URGENCY else len(URGENCY)
    return place, -line.updated_at.timestamp()
