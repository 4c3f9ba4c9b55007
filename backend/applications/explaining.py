"""Staff says why an application is late; the promises tell the customer."""

from backend.accounts.schemas import StaffCard
from backend.applications.refolding import lock, open_pages
from backend.core import db
from backend.core.errors import Conflict, NotFound
from backend.core.i18n import N_
from backend.core.live import hint
from backend.promises import service as promises
from backend.promises.schemas import ExplainPromise, State, SubjectKind


async def explain(staff: StaffCard, no: str, command: ExplainPromise) -> None:
    """The reason goes to every promise of the application that is late and still open."""
    async with db.transaction() as connection:
        # Locked like a feed locks it, so that the two meet here and not among the promises.
        held = await lock(connection, [no])
        if not held:
            raise NotFound
        promised = await promises.of(SubjectKind.application, [no])
        late = [promise for promise in promised[no] if promise.state is State.broken]
        if not late:
            raise Conflict(N_("这份申请没有超期的承诺，不用说明。"))
        for promise in late:
            await promises.explain(promise.id, command, f"staff:{staff.id}")
        await hint(*await open_pages(list(held.values())))
