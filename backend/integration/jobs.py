"""What leaves for the utility's systems, from the queue."""

from backend.applications import service as applications
from backend.core.jobs import JobContext, job
from backend.integration.outbound import utility_system


@job("integration.hand_over")
async def hand_over(context: JobContext, *, application: str) -> None:
    """At least once: a worker that dies in between hands the application over again."""
    found = await applications.for_utility(application)
    if found is not None:
        await utility_system().take_application(found)
