"""The kinds of business a customer can apply for, as they read them."""

from backend.applications.catalogue import Material, TypeEntry, catalogue
from backend.applications.rules import TYPES
from backend.applications.schemas import MaterialView, TypeGroup, TypeView
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.i18n import _, said
from backend.promises import service as promises
from backend.promises.schemas import ApplicationType, Rule, TypeCard


def type_groups() -> list[TypeGroup]:
    """All kinds of business by the event in life that brings them along."""
    found = catalogue()
    return [
        TypeGroup(
            code,
            said(group.zh, group.en),
            [type_view(kind) for kind, entry in found.types.items() if entry.group == code],
        )
        for code, group in found.groups.items()
    ]


def type_named(code: str) -> TypeView:
    if code not in TYPES:
        raise NotFound
    return type_view(TYPES[code])


def type_view(kind: ApplicationType) -> TypeView:
    entry, card = catalogue().types[kind], promises.current_pack().types[kind]
    rule = main_rule(kind)
    return TypeView(
        code=kind,
        group=entry.group,
        name=said(card.title.zh, card.title.en),
        purpose=said(entry.zh, entry.en),
        icon=entry.icon,
        audience=list(entry.audience),
        materials=materials(entry),
        stages=_stage_names(card),
        promise=_promise(rule),
        promise_source=promises.source(rule.source) if rule else "",
        about_usage_point=entry.usage_point,
    )


def materials(entry: TypeEntry) -> list[MaterialView]:
    table = catalogue().materials
    return [_material(code, table[code]) for code in entry.materials]


def _material(code: str, one: Material) -> MaterialView:
    source = catalogue().sources[one.source]
    return MaterialView(
        code,
        said(one.zh, one.en),
        said(one.note_zh, one.note_en),
        said(source.zh, source.en),
        one.confirmed,
    )


def _stage_names(card: TypeCard) -> list[str]:
    return [said(step.title.zh, step.title.en) for step in card.steps if not step.optional]


def main_rule(kind: ApplicationType) -> Rule | None:
    """The deadline to tell before anybody applied: the whole way's, else the longest stage's; with one
    source, as most have, and today's rules."""
    card = promises.current_pack().types[kind]
    voltage = {"low": "220V", "high": "10kV"}.get(card.voltage or "")
    rules = promises.current_pack().rules_for(kind, None, voltage, clock.today())
    return max(rules, key=lambda rule: (rule.ends == "end", rule.quantity), default=None)


def _promise(rule: Rule | None) -> str:
    if rule is None:
        return _("国家和公司还没有公布这项业务的期限。")
    return _("%(title)s：%(length)s内", title=said(rule.zh, rule.en), length=promises.length(rule))
