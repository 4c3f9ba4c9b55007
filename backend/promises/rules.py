"""What can be promised, by which dated and cited rule, and when such a promise starts and ends."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9_]{2,60}$")]
Voltage = Literal["low", "high"]


class SubjectKind(StrEnum):
    """What a promise can be about."""

    application = "application"
    nudge = "nudge"
    feedback = "feedback"
    outage = "outage"
    billing = "billing"


class ApplicationType(StrEnum):
    lv_residential_new = "lv_residential_new"
    lv_nonresidential_new = "lv_nonresidential_new"
    hv_new = "hv_new"
    lv_residential_increase = "lv_residential_increase"
    lv_nonresidential_increase = "lv_nonresidential_increase"
    hv_increase = "hv_increase"
    capacity_reduce = "capacity_reduce"
    capacity_restore = "capacity_restore"
    suspend = "suspend"
    resume = "resume"
    name_change = "name_change"
    transfer = "transfer"
    tariff_change = "tariff_change"
    relocate = "relocate"
    meter_move = "meter_move"
    split_account = "split"  # plain `split` would hide the method of str
    merge = "merge"
    close = "close"
    ev_charger = "ev_charger"
    pv_residential = "pv_residential"
    pv_nonresidential = "pv_nonresidential"
    meter_test = "meter_test"
    household_size = "household_size"
    temporary = "temporary"


class Stage(StrEnum):
    accepted = "accepted"
    survey = "survey"
    plan = "plan"
    fee = "fee"
    design_review = "design_review"
    mid_inspection = "mid_inspection"
    final_inspection = "final_inspection"
    contract = "contract"
    install = "install"
    energize = "energize"


class Turn(StrEnum):
    """Who has to act."""

    utility = "utility"
    customer = "customer"


class Unit(StrEnum):
    working_day = "working_day"
    calendar_day = "calendar_day"
    hour = "hour"
    minute = "minute"


class ClockMode(StrEnum):
    """How a period is counted: as the Civil Code does, or as a bureau's systems do."""

    civil = "civil"
    hours24 = "hours24"


class State(StrEnum):
    running = "running"
    paused = "paused"
    kept = "kept"
    broken = "broken"
    kept_late = "kept_late"
    void = "void"


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a rule can be read; `seen` is where its number was taken from."""

    zh: Text
    en: Text
    number: str = ""
    number_en: str = ""
    issued: str = ""
    url: str | None = None
    seen: str = ""


class Term(Struct, frozen=True, kw_only=True):
    """How long, in which unit, on which clock."""

    quantity: int
    unit: Unit
    clock: ClockMode = ClockMode.civil


class Rule(Term, frozen=True, kw_only=True):
    """One deadline: what it is for, how long it is, and who set it.

    `starts` and `ends` are moments: for applications `submitted`, `started:<stage>`, `done:<stage>`
    or `end`; for other subjects a word their slice knows. With `own_time` the clock stands still
    while the customer has to act. With `ahead` the period must lie before `ends`, as in "notice 7
    days before the outage".
    """

    code: str
    subject: SubjectKind
    zh: str
    en: str
    starts: str
    ends: str
    source: Source
    effective_from: date
    effective_to: date | None = None
    types: tuple[ApplicationType, ...] = ()
    sources: int | None = None
    voltage: Voltage | None = None
    area: Literal["city", "rural", "remote"] | None = None
    own_time: bool = False
    ahead: bool = False
    confirmed: bool = True
    note_zh: str = ""
    note_en: str = ""

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class Pause(Struct, frozen=True):
    """A time in which the customer has to act; without an end it still lasts."""

    start: datetime
    end: datetime | None = None


class PromiseClock(Struct, frozen=True, kw_only=True):
    """The facts of one promise, from which everything else about it is computed.

    `key` is unique within the subject. `stopped_at` is when the matter ended without a result;
    `reason_at` is when the reason was given.
    """

    key: str
    rule: Rule
    pack: str
    pack_version: str
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    done_at: datetime | None = None
    stopped_at: datetime | None = None
    department_zh: str = ""
    department_en: str = ""
    reason: str = ""
    next_step: str = ""
    reason_at: datetime | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """How far an application has come: all that its promises depend on."""

    submitted_at: datetime
    started: dict[Stage, datetime] = {}
    done: dict[Stage, datetime] = {}
    ended_at: datetime | None = None
    stopped_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()

    def moment(self, name: str) -> datetime | None:
        """When the moment a rule speaks of came; None while it has not."""
        if name == "submitted":
            return self.submitted_at
        if name == "end":
            return self.ended_at
        happened, _, stage = name.partition(":")
        return (self.started if happened == "started" else self.done).get(Stage(stage))


def voltage_class(voltage: str | None) -> Voltage | None:
    """Low below 1 kV, as the trade divides it ("220V", "380V" · "10kV", "35kV"); None if unknown."""
    if not voltage:
        return None
    number = "".join(letter for letter in voltage if letter.isdigit() or letter == ".")
    kilo = "k" in voltage.lower()
    if number.count(".") > 1 or not number.strip("."):
        return None
    return "high" if float(number) * (1000 if kilo else 1) >= 1000 else "low"
