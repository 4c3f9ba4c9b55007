"""The walk through the events of an application: what each one changes, and whose turn it is after it.

What real systems leave out and repeat is dealt with here; the rules are told in timeline.py.
"""

from datetime import datetime

from msgspec import Struct

from backend.applications.rules import ApplicationState, Event, EventState
from backend.promises.schemas import Names, Pause, Step


class Track(Struct):
    """What is known of one stage while walking."""

    started_at: datetime | None = None
    done_at: datetime | None = None
    waiting: Event | None = None
    resumed_at: datetime | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    events: list[Event] = []


class End(Struct, frozen=True):
    state: ApplicationState
    at: datetime
    index: int


class Walk:
    """Goes through the events in order; after each it is known whose turn it is."""

    def __init__(self, submitted_at: datetime, steps: tuple[Step, ...]) -> None:
        self.submitted_at = submitted_at
        self.steps = steps
        self.tracks = [Track() for _ in steps]
        self.end: End | None = None
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

    def _apply(self, track: Track, index: int, event: Event, at: datetime) -> None:
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
            self.end = End(ApplicationState(event.state), at, index)

    def _resume(self, track: Track, at: datetime) -> None:
        """Usually names the stage that waits; a report that names another one ends every wait."""
        waiting = [other for other in self.tracks if other.waiting is not None]
        for other in [track] if track.waiting is not None else waiting:
            other.waiting = None
        track.resumed_at = at

    def _note_turn(self, at: datetime) -> None:
        customers = self.end is not None or self.is_customers_turn()
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
            if self.waits(index):
                return index
        return None

    def waits(self, index: int) -> bool:
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

    def is_customers_turn(self) -> bool:
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


def _brings_back(end: End, index: int, event: Event) -> bool:
    if event.state is EventState.resumed:
        return True
    if end.state is ApplicationState.withdrawn:
        return False
    if event.state is EventState.started:
        return True
    return index == end.index and event.state in (EventState.done, EventState.waiting_customer)
