"""The staff's desk: what waits for an answer, what is late without a reason, what is nearly due."""

from datetime import datetime

from msgspec import Struct

from backend.applications import service as applications
from backend.applications.schemas import ApplicationLine, NudgeLine
from backend.core import clock
from backend.promises import service as promises
from backend.promises.schemas import PromiseLine, SubjectKind


class Desk(Struct, frozen=True, kw_only=True):
    """What staff has to see to, the most urgent first."""

    nudges: list[NudgeLine]
    unexplained: list[ApplicationLine]
    due_soon: list[ApplicationLine]
    as_of: datetime


async def desk() -> Desk:
    """The desk of today; an application stands in one list once."""
    late = [line for line in await promises.overdue() if line.promise.unexplained]
    near = _applications(await promises.due_soon())
    unexplained = _applications(late)
    return Desk(
        nudges=await applications.open_nudges(),
        unexplained=await applications.lines_of(unexplained),
        due_soon=await applications.lines_of([no for no in near if no not in unexplained]),
        as_of=clock.now(),
    )


def _applications(lines: list[PromiseLine]) -> list[str]:
    found = [line.subject_id for line in lines if line.subject_kind is SubjectKind.application]
    return list(dict.fromkeys(found))
