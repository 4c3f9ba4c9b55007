"""What the worker does for promises on its own."""

from backend.core.jobs import JobContext, every
from backend.promises import service


@every(20, "promises.find_due")
async def find_due(_: JobContext) -> None:
    """Due-soon and overdue promises are found within a minute."""
    while await service.find_due():
        pass


@every(3600, "promises.recalculate")
async def recalculate(_: JobContext) -> None:
    """After an update of the calendar, provisional due dates become certain."""
    while await service.recalculate_provisional():
        pass
