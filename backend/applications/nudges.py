"""催办: a customer asks the utility to get on with it; an answer is due, with a promise of its own."""

from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct

from backend.accounts.access import Caller, readable_sql
from backend.accounts.rules import Permission
from backend.accounts.schemas import StaffCard
from backend.applications import notices
from backend.applications.refolding import open_pages
from backend.applications.rules import OPEN, ApplicationState, Turn
from backend.applications.schemas import AnswerNudge, NudgeApplication, NudgeLine, NudgeView
from backend.applications.subjects import Facts, nudge_subject, tag
from backend.applications.tables import Application
from backend.applications.views import NudgeRow, nudge_view
from backend.core import audit, clock, db
from backend.core.clock import CHINA
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.i18n import N_, _, said
from backend.core.live import hint
from backend.core.queries import Q
from backend.notifications.service import notify
from backend.promises import service as promises
from backend.promises.schemas import ApplicationType, PromiseClock, SubjectKind

RULE = "nudge_answer"
QUEUE_TOPIC = "staff:nudges"

NUDGES = Q(
    "SELECT id, at, text, answered_at, answer FROM nudge WHERE application = $1 ORDER BY at",
    into=NudgeRow,
)


class NudgedRow(Struct, frozen=True):
    """An application about to be nudged, locked."""

    id: str
    type: str
    customer: str
    usage_point: str | None
    submitted_at: datetime
    voltage: str | None
    sources: int | None
    state: str
    turn: str
    may_act: bool

    @property
    def facts(self) -> Facts:
        return Facts(
            self.id,
            ApplicationType(self.type),
            self.customer,
            self.usage_point,
            self.submitted_at,
            self.voltage,
            self.sources,
        )


# Hand-written for the row lock beside the owner's condition.
COLUMNS = "id, type, customer, usage_point, submitted_at, voltage, sources, state, turn"
MINE = Q(
    f"""
SELECT {COLUMNS}, {readable_sql(Application, "$1", Permission.act)} FROM application
WHERE id = $2 AND {readable_sql(Application, "$1")} FOR NO KEY UPDATE""",  # noqa: S608
    into=NudgedRow,
)
ASKED = Q(
    f"""
SELECT {COLUMNS}, true FROM application
WHERE id = (SELECT application FROM nudge WHERE id = $1) FOR NO KEY UPDATE""",  # noqa: S608
    into=NudgedRow,
)
ADD = "INSERT INTO nudge (id, application, person, at, text) VALUES ($1, $2, $3, $4, $5)"
ANSWER = """
UPDATE nudge SET answered_at = $2, answer = $3, answered_by = $4
WHERE id = $1 AND answered_at IS NULL RETURNING id, at, text, answered_at, answer"""
OPEN_NUDGES = """
SELECT n.id, n.application, n.text, n.at, a.type, a.title, a.stage, a.state
FROM nudge n JOIN application a ON a.id = n.application
WHERE n.answered_at IS NULL ORDER BY n.at LIMIT $1"""


async def nudge(caller: Caller, no: str, command: NudgeApplication) -> NudgeView:
    """Ask for progress; refused with the reason while there is nothing to ask for."""
    async with db.transaction() as connection:
        row = await MINE.one(connection, caller.person_id, no)
        if row is None:
            raise NotFound
        if not row.may_act:
            raise Forbidden
        before = await nudge_views(await NUDGES.all(connection, no))
        refusal = block_of(ApplicationState(row.state), Turn(row.turn), before, row.may_act)
        if refusal is not None or row.state not in OPEN:
            raise Conflict(refusal or N_("申请已经结束，不用催办了。"))
        asked = NudgeRow(uuid4(), clock.now(), command.text.strip(), None, None)
        await connection.execute(ADD, asked.id, no, caller.person_id, asked.at, asked.text)
        await _promise(row.facts, asked)
        await audit.record(f"person:{caller.person_id}", "application.nudge", tag(no))
        await hint(QUEUE_TOPIC, *await open_pages([row.facts]))
        (view,) = await nudge_views([asked])
    return view


def block_of(
    state: ApplicationState, turn: Turn, nudges: list[NudgeView], may_act: bool
) -> str | None:
    """Why nudging is not possible now, in the reader's language; None when it is, or all is over."""
    if state not in OPEN:
        return None
    if not may_act:
        return _("您可以查看这份申请，催办要由户主或家人来做。")
    if turn is Turn.customer:
        return _("现在轮到您办理，您办好后我们马上继续。")
    if any(one.answered_at is None for one in nudges):
        return _("已经催办，供电局必须先答复您。")
    if nudges and not _next_working_day(nudges[-1].at):
        return _("今天已经催办过，下一个工作日可以再催。")
    return None


def _next_working_day(last_at: datetime) -> bool:
    today = clock.now().astimezone(CHINA).date()
    return promises.CALENDAR.working_days_between(last_at.astimezone(CHINA).date(), today) >= 1


async def answer(staff: StaffCard, nudge_id: UUID, command: AnswerNudge) -> NudgeView:
    """The utility answers, once; the customer is told."""
    now = clock.now()
    async with db.transaction() as connection:
        row = await ASKED.one(connection, nudge_id)
        if row is None:
            raise NotFound
        found = await connection.fetchrow(ANSWER, nudge_id, now, command.answer.strip(), staff.id)
        if found is None:
            raise Conflict(N_("这次催办已经答复过了。"))
        answered = NudgeRow(*found.values())
        await _promise(row.facts, answered)
        card = promises.current_pack().types[row.facts.type]
        await notify([notices.nudge_answered(row.facts, str(nudge_id), card, now)])
        await audit.record(f"staff:{staff.id}", "nudge.answer", tag(row.id), nudge=str(nudge_id))
        await hint(QUEUE_TOPIC, *await open_pages([row.facts]))
        (view,) = await nudge_views([answered])
    return view


async def nudged_application(nudge_id: UUID) -> str:
    """The number of the application a nudge is about."""
    async with db.connection() as connection:
        found: str | None = await connection.fetchval(
            "SELECT application FROM nudge WHERE id = $1", nudge_id
        )
    if found is None:
        raise NotFound
    return found


async def _promise(application: Facts, asked: NudgeRow) -> None:
    pack = promises.current_pack()
    await promises.keep(
        nudge_subject(application, str(asked.id), pack.types[application.type].title),
        [
            PromiseClock(
                key=RULE,
                rule=pack.rule(RULE),
                pack=pack.code,
                pack_version=pack.version,
                started_at=asked.at,
                done_at=asked.answered_at,
            )
        ],
    )


async def nudge_views(rows: list[NudgeRow]) -> list[NudgeView]:
    """Nudges with the moment by which each has to be answered."""
    if not rows:
        return []
    promised = await promises.of(SubjectKind.nudge, [str(row.id) for row in rows])
    now = clock.now()
    return [nudge_view(row, promised[str(row.id)][0].due_at, now) for row in rows]


async def open_nudges(limit: int = 100) -> list[NudgeLine]:
    """For staff: what waits for an answer, the oldest first."""
    pack, now = promises.current_pack(), clock.now()
    async with db.connection() as connection:
        rows = await connection.fetch(OPEN_NUDGES, limit)
    promised = await promises.of(SubjectKind.nudge, [str(row["id"]) for row in rows])
    found = []
    for row in rows:
        names = pack.types[ApplicationType(row["type"])].title
        due_at = promised[str(row["id"])][0].due_at
        found.append(
            NudgeLine(
                no=row["id"],
                application_no=row["application"],
                title=row["title"] or said(names.zh, names.en),
                state=ApplicationState(row["state"]),
                text=row["text"],
                at=row["at"],
                due_at=due_at,
                late=due_at <= now,
            )
        )
    return found
