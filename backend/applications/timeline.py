"""From the events of an application to where it stands: pure, and the same for any order of arrival.

The events are put in the order in which they happened and walked through once. Real systems forget
and repeat themselves, so:

- a moment before the submission counts as the submission;
- a stage that was begun and never reported done is over as soon as a later stage is done (acceptance:
  as soon as a later stage shows any sign); an unreported stage before one that was reported is skipped;
- what was waiting for the customer is over in the same way when nobody reported it resumed;
- a rejected application comes back by `resumed` or `started` anywhere, or by news of the stage that was
  rejected (a second inspection); a withdrawn one only by `resumed`. Other events after the end are kept
  and shown, and change nothing;
- the application is done when the last stage of its way is done.

It is the customer's turn while a stage waits for the customer, in the customer's own stages, and after
a stage that leaves work to the customer (`then` in the pack) until the next stage shows a sign. That
time, and the time between a rejection and its return, is the customer's and not the utility's.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from backend.applications.rules import EVENT_ORDER, ApplicationState, Event, StageState, Turn
from backend.applications.walking import Walk
from backend.promises.schemas import Names, Pause, Progress, Stage, Step


class StageFacts(Struct, frozen=True):
    """One stage of the way, as it stands. `done_at` is None when its end was never reported."""

    step: Step
    state: StageState
    started_at: datetime | None
    done_at: datetime | None
    events: tuple[Event, ...]

    @property
    def shown(self) -> bool:
        """A stage that only some need is shown once something happened in it."""
        return bool(self.events) or not self.step.optional

    @property
    def department(self) -> Names:
        """Who does it: the department named last, else the one the pack names."""
        named = [event.department for event in self.events if event.department]
        return Names(named[-1], named[-1]) if named else self.step.department


class Todo(Struct, frozen=True):
    """What the customer has to do: the utility's own words if it gave any, else the pack's."""

    since: datetime
    words: str | None
    names: Names | None


class Timeline(Struct, frozen=True, kw_only=True):
    """Where an application stands."""

    state: ApplicationState
    turn: Turn
    current: int
    stages: tuple[StageFacts, ...]
    progress: Progress
    todo: Todo | None
    updated_at: datetime

    @property
    def stage(self) -> StageFacts:
        return self.stages[self.current]

    @property
    def events(self) -> list[Event]:
        return [event for stage in self.stages for event in stage.events]


def fold(submitted_at: datetime, events: Iterable[Event], steps: tuple[Step, ...]) -> Timeline:
    """The timeline of an application of these steps; events of stages it does not have are left out."""
    order = {step.stage: number for number, step in enumerate(steps)}
    walk = Walk(submitted_at, steps)
    known = [event for event in events if event.stage in order]
    known.sort(key=lambda e: (e.at, order[e.stage], EVENT_ORDER[e.state], e.id))
    for event in known:
        walk.take(order[event.stage], event)
    return _timeline(walk)


def _timeline(walk: Walk) -> Timeline:
    state, current = _state(walk), _current(walk)
    turn = {
        ApplicationState.under_way: Turn.utility,
        ApplicationState.waiting_customer: Turn.customer,
    }.get(state, Turn.none)
    return Timeline(
        state=state,
        turn=turn,
        current=current,
        stages=tuple(_facts(walk, index, state, current) for index in range(len(walk.steps))),
        progress=_progress(walk),
        todo=_todo(walk) if turn is Turn.customer else None,
        updated_at=walk.updated_at,
    )


def _state(walk: Walk) -> ApplicationState:
    if walk.end is not None:
        return walk.end.state
    if walk.is_done:
        return ApplicationState.done
    if walk.is_customers_turn():
        return ApplicationState.waiting_customer
    return ApplicationState.under_way


def _current(walk: Walk) -> int:
    if walk.end is not None:
        return walk.end.index
    if walk.is_done:
        return len(walk.steps) - 1
    for index in (walk.waiting_index(), walk.active_index()):
        if index is not None:
            return index
    return walk.frontier()


def _facts(walk: Walk, index: int, state: ApplicationState, current: int) -> StageFacts:
    track = walk.tracks[index]
    return StageFacts(
        walk.steps[index],
        _stage_state(walk, index, state, current),
        track.started_at,
        track.done_at,
        tuple(track.events),
    )


def _stage_state(walk: Walk, index: int, state: ApplicationState, current: int) -> StageState:
    track = walk.tracks[index]
    if state is ApplicationState.rejected and index == current:
        return StageState.rejected
    if state is ApplicationState.waiting_customer and walk.waits(index):
        return StageState.waiting
    if walk.is_over(index):
        return StageState.done
    if state in (ApplicationState.done, ApplicationState.withdrawn):
        return StageState.skipped
    if state is ApplicationState.rejected:
        return StageState.later if index > current else StageState.skipped
    if index == current:
        customers = state is ApplicationState.waiting_customer
        return StageState.waiting if customers else StageState.now
    if track.last_at is not None:
        return StageState.now
    return StageState.skipped if index < current else StageState.later


def _todo(walk: Walk) -> Todo | None:
    since = walk.customer_since
    if since is None:
        return None
    index = walk.waiting_index()
    if index is None:
        return Todo(since, None, walk.own_work())
    event = walk.tracks[index].waiting
    words = (event.note or event.next_step) if event is not None else None
    return Todo(since, words, walk.steps[index].todo)


def _progress(walk: Walk) -> Progress:
    started = {
        step.stage: track.started_at
        for step, track in zip(walk.steps, walk.tracks, strict=True)
        if track.started_at is not None
    }
    pauses = [*walk.pauses]
    if walk.customer_since is not None:
        pauses.append(Pause(walk.customer_since))
    return Progress(
        submitted_at=walk.submitted_at,
        started=started,
        done=_done(walk),
        ended_at=walk.tracks[-1].done_at if walk.end is None else None,
        stopped_at=walk.end.at if walk.end is not None else None,
        pauses=tuple(pauses),
    )


def _done(walk: Walk) -> dict[Stage, datetime]:
    """When each stage was done; one that must be is reckoned done by the next sign of life, an
    acceptance that was never reported by the submission."""
    found: dict[Stage, datetime] = {}
    for index, (step, track) in enumerate(zip(walk.steps, walk.tracks, strict=True)):
        signs = [at for other in walk.tracks[index + 1 :] if (at := other.first_at) is not None]
        if track.done_at is not None:
            found[step.stage] = track.done_at
        elif track.last_at is None and signs:
            found[step.stage] = min(signs) if index else walk.submitted_at
        elif walk.is_over(index):
            begun = track.first_at or walk.submitted_at
            found[step.stage] = min((at for at in signs if at >= begun), default=max(signs))
    return found
