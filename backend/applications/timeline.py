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

from backend.applications.rules import (
    EVENT_ORDER,
    ApplicationState,
    Event,
    EventState,
    StageState,
    Turn,
)
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


class _Track(Struct):
    """What is known of one stage while walking."""

    started_at: datetime | None = None
    done_at: datetime | None = None
    waiting: Event | None = None
    resumed_at: datetime | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    events: list[Event] = []


class _End(Struct, frozen=True):
    state: ApplicationState
    at: datetime
    index: int


def fold(submitted_at: datetime, events: Iterable[Event], steps: tuple[Step, ...]) -> Timeline:
    """The timeline of an application of these steps; events of stages it does not have are left out."""
    order = {step.stage: number for number, step in enumerate(steps)}
    walk = _Walk(submitted_at, steps)
    known = [event for event in events if event.stage in order]
    known.sort(key=lambda e: (e.at, order[e.stage], EVENT_ORDER[e.state], e.id))
    for event in known:
        walk.take(order[event.stage], event)
    return walk.timeline()


class _Walk:
    """Goes through the events in order; after each it is known whose turn it is."""

    def __init__(self, submitted_at: datetime, steps: tuple[Step, ...]) -> None:
        self.submitted_at = submitted_at
        self.steps = steps
        self.tracks = [_Track() for _ in steps]
        self.end: _End | None = None
        self.pauses: list[Pause] = []
        self.customer_since: datetime | None = None
        self.updated_at = submitted_at

    def take(self, index: int, event: Event) -> None:
        track = self.tracks[index]
        track.events.append(event)
        at = max(event.at, self.submitted_at)
        self.updated_at = max(self.updated_at, at)
        if self.end is not None:
            if not _brings_back(self.end, index, event):
                return
            self.end = None
        track.first_at = track.first_at or at
        track.last_at = at
        self._apply(track, index, event, at)
        self._note_turn(at)

    def _apply(self, track: _Track, index: int, event: Event, at: datetime) -> None:
        if event.state is EventState.started:
            track.started_at = track.started_at or at
            track.done_at = track.waiting = track.resumed_at = None
        elif event.state is EventState.waiting_customer:
            track.waiting, track.resumed_at = event, None
        elif event.state is EventState.resumed:
            self._resume(track, at)
        elif event.state is EventState.done:
            track.done_at = track.done_at or at
            track.waiting = track.resumed_at = None
        else:
            track.waiting = None
            self.end = _End(ApplicationState(event.state), at, index)

    def _resume(self, track: _Track, at: datetime) -> None:
        """Usually names the stage that waits; a report that names another one ends every wait."""
        waiting = [other for other in self.tracks if other.waiting is not None]
        for other in [track] if track.waiting is not None else waiting:
            other.waiting = None
        track.resumed_at = at

    def _note_turn(self, at: datetime) -> None:
        customers = self.end is not None or self._is_customers_turn()
        if customers and self.customer_since is None:
            self.customer_since = at
        elif not customers and self.customer_since is not None:
            self.pauses.append(Pause(self.customer_since, at))
            self.customer_since = None

    # ── where it stands ────────────────────────────────────────────────────

    def is_over(self, index: int) -> bool:
        """The stage is done, or must be: something later is."""
        track = self.tracks[index]
        if track.done_at is not None:
            return True
        later = self.tracks[index + 1 :]
        signs = [other.done_at if index else other.first_at for other in later]
        return track.last_at is not None and any(
            sign is not None and sign >= track.last_at for sign in signs
        )

    @property
    def is_done(self) -> bool:
        return self.tracks[-1].done_at is not None

    def waiting_index(self) -> int | None:
        """The stage that waits for the customer, the furthest if there are several."""
        for index in range(len(self.steps) - 1, -1, -1):
            if self._waits(index):
                return index
        return None

    def _waits(self, index: int) -> bool:
        """Also a stage that is done may wait, for the customer's yes; what is done later ends it."""
        waiting = self.tracks[index].waiting
        return waiting is not None and not any(
            other.done_at is not None and other.done_at >= waiting.at
            for other in self.tracks[index + 1 :]
        )

    def active_index(self) -> int | None:
        """The furthest stage that was begun and is not over."""
        for index in range(len(self.steps) - 1, -1, -1):
            if self.tracks[index].last_at is not None and not self.is_over(index):
                return index
        return None

    def frontier(self) -> int:
        """The stage that comes after everything seen so far, optional ones passed over."""
        seen = [index for index, track in enumerate(self.tracks) if track.last_at is not None]
        for index in range(max(seen, default=-1) + 1, len(self.steps)):
            if not self.steps[index].optional:
                return index
        return len(self.steps) - 1

    def _is_customers_turn(self) -> bool:
        if self.is_done:
            return False
        if self.waiting_index() is not None:
            return True
        return self.own_work() is not None

    def own_work(self) -> Names | None:
        """What the way itself leaves to the customer now, no wait having been reported."""
        active = self.active_index()
        if active is not None:
            return None if self.tracks[active].resumed_at else self.steps[active].todo
        frontier = self.frontier()
        for index in range(frontier - 1, -1, -1):
            if self.tracks[index].last_at is not None:
                handed_back = self.tracks[index].resumed_at
                if self.steps[index].then is not None:
                    return None if handed_back else self.steps[index].then
                break
        return self.steps[frontier].todo

    # ── the result ─────────────────────────────────────────────────────────

    def timeline(self) -> Timeline:
        state, current = self._state(), self._current()
        turn = {
            ApplicationState.under_way: Turn.utility,
            ApplicationState.waiting_customer: Turn.customer,
        }.get(state, Turn.none)
        return Timeline(
            state=state,
            turn=turn,
            current=current,
            stages=tuple(self._facts(index, state, current) for index in range(len(self.steps))),
            progress=self._progress(),
            todo=self._todo() if turn is Turn.customer else None,
            updated_at=self.updated_at,
        )

    def _state(self) -> ApplicationState:
        if self.end is not None:
            return self.end.state
        if self.is_done:
            return ApplicationState.done
        if self._is_customers_turn():
            return ApplicationState.waiting_customer
        return ApplicationState.under_way

    def _current(self) -> int:
        if self.end is not None:
            return self.end.index
        if self.is_done:
            return len(self.steps) - 1
        for index in (self.waiting_index(), self.active_index()):
            if index is not None:
                return index
        return self.frontier()

    def _facts(self, index: int, state: ApplicationState, current: int) -> StageFacts:
        track = self.tracks[index]
        return StageFacts(
            self.steps[index],
            self._stage_state(index, state, current),
            track.started_at,
            track.done_at,
            tuple(track.events),
        )

    def _stage_state(self, index: int, state: ApplicationState, current: int) -> StageState:
        track = self.tracks[index]
        if state is ApplicationState.rejected and index == current:
            return StageState.rejected
        if state is ApplicationState.waiting_customer and self._waits(index):
            return StageState.waiting
        if self.is_over(index):
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

    def _todo(self) -> Todo | None:
        since = self.customer_since
        if since is None:
            return None
        index = self.waiting_index()
        if index is None:
            return Todo(since, None, self.own_work())
        event = self.tracks[index].waiting
        words = (event.note or event.next_step) if event is not None else None
        return Todo(since, words, self.steps[index].todo)

    def _progress(self) -> Progress:
        started = {
            step.stage: track.started_at
            for step, track in zip(self.steps, self.tracks, strict=True)
            if track.started_at is not None
        }
        pauses = [*self.pauses]
        if self.customer_since is not None:
            pauses.append(Pause(self.customer_since))
        return Progress(
            submitted_at=self.submitted_at,
            started=started,
            done=self._done(),
            ended_at=self.tracks[-1].done_at if self.end is None else None,
            stopped_at=self.end.at if self.end is not None else None,
            pauses=tuple(pauses),
        )

    def _done(self) -> dict[Stage, datetime]:
        """When each stage was done; one that must be is reckoned done by the next sign of life, an
        acceptance that was never reported by the submission."""
        found: dict[Stage, datetime] = {}
        for index, (step, track) in enumerate(zip(self.steps, self.tracks, strict=True)):
            signs = [at for other in self.tracks[index + 1 :] if (at := other.first_at) is not None]
            if track.done_at is not None:
                found[step.stage] = track.done_at
            elif track.last_at is None and signs:
                found[step.stage] = min(signs) if index else self.submitted_at
            elif self.is_over(index):
                begun = track.first_at or self.submitted_at
                found[step.stage] = min((at for at in signs if at >= begun), default=max(signs))
        return found


def _brings_back(end: _End, index: int, event: Event) -> bool:
    if event.state is EventState.resumed:
        return True
    if end.state is ApplicationState.withdrawn:
        return False
    if event.state is EventState.started:
        return True
    return index == end.index and event.state in (EventState.done, EventState.waiting_customer)
