"""A rule pack in use: the way of each application and the deadlines on it."""

from datetime import date

from msgspec import Struct

from backend.promises.rules import (
    ApplicationType,
    Progress,
    PromiseClock,
    Rule,
    Stage,
    Turn,
    Unit,
    Voltage,
    voltage_class,
)

MINUTES = {Unit.minute: 1, Unit.hour: 60, Unit.working_day: 1440, Unit.calendar_day: 1440}


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    zh: str
    en: str


class Step(Struct, frozen=True, kw_only=True):
    """One stage on the way of an application.

    `turn` is who has to act in it. `todo` is what the customer has to do in it, `then` what the
    customer has to do after it before the next stage can start; None where nothing is.
    """

    stage: Stage
    title: Names
    department: Names
    turn: Turn
    optional: bool
    todo: Names | None
    then: Names | None


class TypeCard(Struct, frozen=True, kw_only=True):
    """One type of application: its name, the voltage it implies, its stages in order."""

    title: Names
    voltage: Voltage | None
    steps: tuple[Step, ...]


class Pack(Struct, frozen=True, kw_only=True):
    """The deadlines and stages in force for one utility."""

    code: str
    version: str
    title: Names
    types: dict[ApplicationType, TypeCard]
    rules: dict[str, Rule]

    def stages(self, kind: ApplicationType | str) -> tuple[Step, ...]:
        """The stages of an application of this type, in order."""
        return self.types[ApplicationType(kind)].steps

    def rule(self, code: str) -> Rule:
        return self.rules[code]

    def rules_for(
        self, kind: ApplicationType | str, sources: int | None, voltage: str | None, on: date
    ) -> tuple[Rule, ...]:
        """The deadlines of an application submitted on this day; without a number of sources it
        has one. Where several apply to the same span, the shortest stands."""
        level = self.types[ApplicationType(kind)].voltage or voltage_class(voltage)
        strictest: dict[tuple[str, str], Rule] = {}
        for rule in self.rules.values():
            if (
                kind not in rule.types
                or not rule.in_force(on)
                or rule.sources not in (None, sources or 1)
                or rule.voltage not in (None, level)
            ):
                continue
            held = strictest.setdefault((rule.starts, rule.ends), rule)
            if _minutes(rule) < _minutes(held):
                strictest[rule.starts, rule.ends] = rule
        return tuple(strictest.values())

    def clocks(self, rules: tuple[Rule, ...], progress: Progress) -> list[PromiseClock]:
        """The promises of these rules whose clock has started."""
        clocks = (self.clock(rule, progress) for rule in rules)
        return [clock for clock in clocks if clock is not None]

    def clock(self, rule: Rule, progress: Progress) -> PromiseClock | None:
        """The promise of one rule of an application; None while its clock has not started."""
        started_at = progress.moment(rule.starts)
        if started_at is None:
            return None
        return PromiseClock(
            key=rule.code,
            rule=rule,
            pack=self.code,
            pack_version=self.version,
            started_at=started_at,
            pauses=progress.pauses if rule.own_time else (),
            done_at=progress.moment(rule.ends),
            stopped_at=progress.stopped_at,
        )


def _minutes(rule: Rule) -> int:
    return rule.quantity * MINUTES[rule.unit]
