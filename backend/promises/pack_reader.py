"""Reads rule packs from packs/*.toml: dated, cited deadlines and the way of each application.

A pack lies on top of common.toml: its tables add to or replace single entries, its rules are added.
Reading is strict, so a misspelt key, type, stage or department stops the start and not a customer.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from backend.promises.pack import Names, Pack, Step, TypeCard
from backend.promises.rules import (
    ApplicationType,
    ClockMode,
    Code,
    Rule,
    Source,
    Stage,
    SubjectKind,
    Text,
    Turn,
    Unit,
    Voltage,
)

PACKS = Path(__file__).parent / "packs"

# The moments between which a deadline may run; applications also have started:… and done:….
MOMENTS = {
    SubjectKind.application: {"submitted", "end"},
    SubjectKind.nudge: {"asked", "answered"},
    SubjectKind.feedback: {"received", "contacted", "answered"},
    SubjectKind.billing: {"received", "answered", "paid", "reconnected"},
    SubjectKind.outage: {
        "announced", "started", "reported", "arrived", "cause_removed", "restored",
    },
}  # fmt: skip


class BadPack(ValueError):
    """A rule pack contradicts itself; the message names the file and the row."""


class StepRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    stage: Stage
    department: Code
    zh: Text | None = None
    en: Text | None = None
    optional: bool = False
    todo: Code | None = None
    then: Code | None = None


class TypeRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    zh: Text
    en: Text
    course: Code
    voltage: Voltage | None = None


class RuleRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    subject: SubjectKind
    zh: Text
    en: Text
    starts: str
    ends: str
    quantity: Annotated[int, Meta(ge=1, le=400)]
    unit: Unit
    document: Code
    effective_from: date
    effective_to: date | None = None
    clock: ClockMode = ClockMode.civil
    types: tuple[ApplicationType, ...] = ()
    sources: Literal[1, 2] | None = None
    voltage: Voltage | None = None
    area: Literal["city", "rural", "remote"] | None = None
    own_time: bool = False
    ahead: bool = False
    confirmed: bool = True
    note_zh: str = ""
    note_en: str = ""
    seen: str = ""


class PackFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    version: Annotated[str, Meta(pattern=r"^\d{4}\.\d+$")]
    zh: Text
    en: Text
    departments: dict[Code, Names]
    stages: dict[Stage, Names]
    courses: dict[Code, tuple[StepRow, ...]]
    todos: dict[Code, Names]
    types: dict[ApplicationType, TypeRow]
    documents: dict[Code, Source]
    rules: tuple[RuleRow, ...]


@cache
def pack(code: str) -> Pack:
    """The rule pack with this code, read once."""
    return read_pack(PACKS / "common.toml", PACKS / f"{code}.toml")


def read_pack(*paths: Path) -> Pack:
    """One pack from files lying on top of each other."""
    raw: dict[str, Any] = {}
    for path in paths:
        _lay_over(raw, tomllib.loads(path.read_text(encoding="utf-8")))
    try:
        return _resolved(msgspec.convert(raw, PackFile))
    except (msgspec.ValidationError, BadPack) as error:
        raise BadPack(f"{paths[-1].name}: {error}") from error


def _lay_over(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict):
            below.setdefault(key, {}).update(value)
        elif key == "rules":
            below.setdefault(key, []).extend(value)
        else:
            below[key] = value


def _resolved(file: PackFile) -> Pack:
    if missing := set(ApplicationType) - file.types.keys():
        raise BadPack(f"no way given for {', '.join(sorted(missing))}")
    types = {kind: _type_card(kind, row, file) for kind, row in file.types.items()}
    rules: dict[str, Rule] = {}
    for row in file.rules:
        if row.code in rules:
            raise BadPack(f"rule {row.code} is given twice")
        _check(row, types)
        rules[row.code] = _rule(row, file)
    return Pack(
        code=file.code,
        version=file.version,
        title=Names(file.zh, file.en),
        types=types,
        rules=rules,
    )


def _type_card(kind: ApplicationType, row: TypeRow, file: PackFile) -> TypeCard:
    course = _entry(file.courses, row.course, f"type {kind}")
    stages = [step.stage for step in course]
    if not stages or len(set(stages)) < len(stages):
        raise BadPack(f"course {row.course}: each stage once, and at least one")
    steps = tuple(_step(step, f"course {row.course}", file) for step in course)
    return TypeCard(title=Names(row.zh, row.en), voltage=row.voltage, steps=steps)


def _step(row: StepRow, where: str, file: PackFile) -> Step:
    usual = _entry(file.stages, row.stage, where)
    todo = _entry(file.todos, row.todo, where) if row.todo else None
    return Step(
        stage=row.stage,
        title=Names(row.zh or usual.zh, row.en or usual.en),
        department=_entry(file.departments, row.department, where),
        turn=Turn.customer if todo else Turn.utility,
        optional=row.optional,
        todo=todo,
        then=_entry(file.todos, row.then, where) if row.then else None,
    )


def _rule(row: RuleRow, file: PackFile) -> Rule:
    fields = msgspec.structs.asdict(row)
    document = _entry(file.documents, fields.pop("document"), f"rule {row.code}")
    seen = fields.pop("seen") or document.seen
    return Rule(source=msgspec.structs.replace(document, seen=seen), **fields)


def _check(row: RuleRow, types: dict[ApplicationType, TypeCard]) -> None:
    faults = {
        "types are given for applications, and only for them": bool(row.types)
        != (row.subject is SubjectKind.application),
        "it ends before it begins": bool(
            row.effective_to and row.effective_to < row.effective_from
        ),
        "hours24 knows working days only": row.clock is ClockMode.hours24
        and row.unit is Unit.calendar_day,
        "an unconfirmed rule says why": not row.confirmed and not (row.note_zh and row.note_en),
    }
    for moment in (row.starts, row.ends):
        faults[f"unknown moment {moment}"] = not _is_moment(moment, row, types)
    for fault, found in faults.items():
        if found:
            raise BadPack(f"rule {row.code}: {fault}")


def _is_moment(moment: str, row: RuleRow, types: dict[ApplicationType, TypeCard]) -> bool:
    if moment in MOMENTS[row.subject]:
        return True
    happened, _, stage = moment.partition(":")
    return happened in ("started", "done") and all(
        stage in {step.stage for step in types[kind].steps} for kind in row.types
    )


def _entry(table: dict[Any, Any], key: str, where: str) -> Any:
    if key not in table:
        raise BadPack(f"{where}: unknown {key}")
    return table[key]
