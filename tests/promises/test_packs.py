from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from backend.promises.pack_reader import PACKS, BadPack, pack, read_pack
from backend.promises.rules import (
    ApplicationType,
    Progress,
    Stage,
    SubjectKind,
    voltage_class,
)

TODAY = date(2026, 3, 2)
CODES = ["sgcc", "csg"]


def quantities(code: str, kind: str, sources: int | None = 1, voltage: str = "", on: date = TODAY):
    rules = pack(code).rules_for(kind, sources, voltage, on)
    return {(rule.starts, rule.ends): rule.quantity for rule in rules}


PLAN = ("done:accepted", "done:plan")
WHOLE = ("done:accepted", "end")


@pytest.mark.parametrize("code", CODES)
def test_every_type_of_application_has_its_way_and_its_names(code):
    for kind in ApplicationType:
        card = pack(code).types[kind]

        assert card.steps[0].stage is Stage.accepted
        assert card.title.zh
        assert card.title.en
        assert all(step.department.zh and step.title.en for step in card.steps)


@pytest.mark.parametrize("code", CODES)
def test_every_rule_names_its_source_and_says_why_it_is_unconfirmed(code):
    for rule in pack(code).rules.values():
        assert rule.source.zh
        assert rule.source.en
        assert rule.confirmed or (rule.note_zh and rule.note_en)


def test_a_high_voltage_application_passes_all_ten_stages():
    assert [step.stage for step in pack("sgcc").stages("hv_new")] == list(Stage)


@pytest.mark.parametrize(
    ("kind", "sources", "plan", "whole"),
    [
        ("lv_residential_new", 1, 3, 5),
        ("lv_nonresidential_new", 1, 3, 6),
        ("hv_new", 1, 10, 22),
        ("hv_new", 2, 20, 32),
        ("hv_increase", None, 10, 22),
    ],
)
def test_the_state_grid_promises_of_2023_and_the_national_rules_apply_together(
    kind, sources, plan, whole
):
    found = quantities("sgcc", kind, sources)

    assert (found[PLAN], found[WHOLE]) == (plan, whole)


def test_a_high_voltage_application_has_a_deadline_for_each_later_stage():
    found = quantities("sgcc", "hv_new")

    assert found["started:design_review", "done:design_review"] == 10
    assert found["started:mid_inspection", "done:mid_inspection"] == 5
    assert found["started:final_inspection", "done:final_inspection"] == 5
    assert found["done:contract", "end"] == 5


def test_an_application_of_2022_keeps_the_edition_of_2011():
    found = quantities("sgcc", "lv_residential_new", on=date(2022, 5, 5))

    assert found == {PLAN: 3, ("done:contract", "done:install"): 3}


def test_of_two_deadlines_for_the_same_span_the_shorter_stands():
    # The Southern Grid committed to 2 and 5 working days, the national rules allow 3.
    assert quantities("csg", "lv_residential_new")[PLAN] == 2
    assert quantities("csg", "lv_nonresidential_new")[PLAN] == 3
    assert quantities("csg", "lv_nonresidential_new", on=date(2024, 5, 31))[PLAN] == 5


def test_a_charger_is_visited_after_3_and_done_after_15_working_days_on_the_bureaus_clock():
    found = quantities("sgcc", "ev_charger")

    assert (found["done:accepted", "done:survey"], found[WHOLE]) == (3, 15)
    assert not pack("sgcc").rule("whole_charger").confirmed


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", ["pv_residential", "pv_nonresidential", "name_change"])
def test_where_no_deadline_is_known_none_is_promised(code, kind):
    assert quantities(code, kind) == {}


def test_temporary_supply_goes_by_its_voltage():
    assert quantities("sgcc", "temporary", 1, "380V")[PLAN] == 3
    assert quantities("sgcc", "temporary", 1, "10kV")[PLAN] == 10
    assert quantities("sgcc", "temporary", 1, "") == {}


@pytest.mark.parametrize("code", CODES)
def test_a_nudge_is_answered_within_a_working_day(code):
    rule = pack(code).rule("nudge_answer")

    assert (rule.quantity, rule.unit, rule.confirmed) == (1, "working_day", False)


def test_rules_for_other_slices_are_there():
    subjects = {rule.subject for rule in pack("sgcc").rules.values()}

    assert subjects == set(SubjectKind)


@pytest.mark.parametrize(
    ("voltage", "expected"),
    [("220V", "low"), ("380V", "low"), ("10kV", "high"), ("35kV", "high"), ("", None), ("?", None)],
)
def test_the_voltage_class_is_read_from_the_voltage(voltage, expected):
    assert voltage_class(voltage) == expected


# ---- strictness


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('ends = "done:plan"', 'ends = "done:fly"', "unknown moment done:fly"),
        ('unit = "working_day"', 'unit = "fortnight"', "fortnight"),
        ('"hv_increase", "temporary"]', '"moon_base"]', "moon_base"),
        ("own_time = true", "own_tome = true", "own_tome"),
        ('document = "rules_2024"', 'document = "hearsay"', "unknown hearsay"),
        ("quantity = 10", "quantity = 0", "quantity"),
        ("plan_high_single_2024", "plan_low_2024", "given twice"),
        (
            "effective_from = 2024-06-01",
            "effective_from = 2024-06-01\neffective_to = 2023-01-01",
            "ends before",
        ),
        ('note_en = "The', 'note_en = "" # "The', "says why"),
        ('subject = "application"', 'subject = "nudge"', "types are given for applications"),
        ('course = "hv"', 'course = "elsewhere"', "unknown elsewhere"),
        ('todo = "pay"', 'todo = "dance"', "unknown dance"),
    ],
)
def test_a_mistake_in_a_pack_stops_the_start(tmp_path: Path, right, wrong, says):
    text = (PACKS / "common.toml").read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "common.toml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")

    with pytest.raises(BadPack, match=says):
        read_pack(broken, PACKS / "sgcc.toml")


def test_a_rule_may_not_speak_of_a_stage_its_application_does_not_have(tmp_path: Path):
    text = (PACKS / "sgcc.toml").read_text(encoding="utf-8")
    broken = tmp_path / "sgcc.toml"
    broken.write_text(text.replace('ends = "done:survey"', 'ends = "done:energize"'), "utf-8")

    with pytest.raises(BadPack, match="unknown moment done:energize"):
        read_pack(PACKS / "common.toml", broken)


# ---- from progress to promises


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 2, tzinfo=UTC)


def test_only_promises_whose_clock_has_started_are_made():
    sgcc = pack("sgcc")
    rules = sgcc.rules_for("hv_new", 1, "10kV", TODAY)

    progress = Progress(submitted_at=at(2), done={Stage.accepted: at(2), Stage.survey: at(4)})

    assert {clock.key for clock in sgcc.clocks(rules, progress)} == {
        "plan_high_single_2024",
        "whole_high_single_2023",
    }
