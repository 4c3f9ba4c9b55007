"""A promise in the words of a timeline: which one counts now, how long is left, how late it is."""

from datetime import datetime

from backend.applications.schemas import CountedDay, DeadlineView, LatenessView
from backend.core.clock import CHINA
from backend.core.i18n import N_, _
from backend.promises import service as promises
from backend.promises.schemas import PromiseView, State

LATE = (State.broken, State.kept_late)


def deadline(promise: PromiseView, *, over: bool) -> DeadlineView:
    """`over`: the application has ended, so nothing can be late any more, only broken."""
    state = _state(promise, over)
    return DeadlineView(
        id=promise.id,
        title=promise.title,
        due_on=promise.due_on,
        due_at=promise.due_at,
        due_words=_words(promise, state),
        state=state,
        provisional=promise.provisional,
        rule_title=promise.title,
        length=promise.length,
        source=promise.source,
        source_url=promise.source_url,
        confirmed=promise.confirmed,
        note=promise.note,
        department=promise.department,
        days_left=promise.days_left,
        done_at=promise.done_at,
        reason=promise.reason,
        next_step=promise.next_step,
        how=[CountedDay(day.day, day.kind, day.name) for day in promise.how],
    )


def _state(promise: PromiseView, over: bool) -> str:
    if promise.state is State.broken:
        return "broken" if over else "late"
    if promise.state is State.running:
        return "due_soon" if promise.due_soon else "on_time"
    return "broken" if promise.state is State.kept_late else promise.state.value


def _words(promise: PromiseView, state: str) -> str:
    left = promise.days_left or 0
    if state in ("kept", "broken", "paused"):
        fixed = {
            "kept": N_("已按时完成"),
            "broken": N_("没有按时完成"),
            "paused": N_("计时暂停"),
        }
        return _(fixed[state])
    if state == "late":
        return (
            _("已超期")
            if left == 0
            else _days(-left, N_("超期 1 个工作日"), N_("超期 %(n)s 个工作日"))
        )
    return (
        _("今天到期")
        if left == 0
        else _days(left, N_("还剩 1 个工作日"), N_("还剩 %(n)s 个工作日"))
    )


def _days(count: int, one: str, many: str) -> str:
    return _(one) if count == 1 else _(many, n=count)


def is_open(promise: PromiseView) -> bool:
    return promise.state in (State.running, State.paused, State.broken)


def main(found: list[PromiseView], *, over: bool) -> PromiseView | None:
    """The one a customer asks about: the next due while it runs, afterwards the one for the whole way,
    and of several the one that ended last."""
    told = [promise for promise in found if promise.state is not State.void]
    if not over:
        running = [promise for promise in told if is_open(promise)]
        return min(running, key=lambda promise: promise.due_at, default=None)
    return max(told, key=lambda promise: (promise.stage is None, promise.due_at), default=None)


def lateness(found: list[PromiseView], now: datetime, *, over: bool) -> LatenessView | None:
    """The promise that is broken the longest, while the application runs; afterwards the main one."""
    if over:
        last = main(found, over=True)
        late = [last] if last is not None and last.state in LATE else []
    else:
        late = [promise for promise in found if promise.state is State.broken]
    if not late:
        return None
    worst = min(late, key=lambda promise: promise.due_at)
    return LatenessView(
        days=late_days(worst, now),
        promise=worst.title,
        reason=worst.reason or None,
        next_step=worst.next_step or None,
        explained_at=worst.explained_at,
    )


def late_days(promise: PromiseView, now: datetime) -> int:
    """Working days after the due day, begun ones counted: what is late is at least one day late."""
    until = (promise.done_at or now).astimezone(CHINA).date()
    return max(1, promises.CALENDAR.working_days_between(promise.due_on, until))
