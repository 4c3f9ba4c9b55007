"""Events in, timeline out: what the customer is told about where an application stands."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.applications.rules import ApplicationState, Event, EventState, StageState, Turn
from backend.applications.timeline import Timeline, fold
from backend.promises.pack_reader import pack
from backend.promises.rules import ApplicationType, Pause, Stage
from tests.applications.events import done, event, moment

PACK = pack("sgcc")
HV = PACK.stages(ApplicationType.hv_new)
CHARGER = PACK.stages(ApplicationType.ev_charger)
BUSINESS = PACK.stages(ApplicationType.lv_nonresidential_new)


def charger(*events: Event) -> Timeline:
    return fold(moment(2), events, CHARGER)


def states(timeline: Timeline) -> str:
    return " ".join(f"{facts.step.stage}:{facts.state}" for facts in timeline.stages)


def test_a_fresh_application_waits_at_acceptance_for_the_utility():
    timeline = charger()

    assert timeline.state is ApplicationState.under_way
    assert timeline.turn is Turn.utility
    assert timeline.stage.step.stage is Stage.accepted
    assert states(timeline) == "accepted:now survey:later plan:later contract:later install:later"


def test_a_done_stage_makes_the_next_one_current_though_nobody_reported_its_start():
    timeline = charger(event("accepted", "done", 2))

    assert timeline.stage.step.stage is Stage.survey
    assert timeline.stage.state is StageState.now
    assert timeline.stage.started_at is None


def test_the_last_stage_done_ends_the_application():
    timeline = charger(*done(3, "accepted", "survey", "plan", "contract", "install"))

    assert timeline.state is ApplicationState.done
    assert timeline.turn is Turn.none
    assert timeline.progress.ended_at == moment(3, 4)
    assert {facts.state for facts in timeline.stages} == {StageState.done}


def test_stages_nobody_reported_are_skipped_and_reckoned_done_by_the_next_sign():
    timeline = charger(event("plan", "started", 5), event("plan", "done", 6))

    assert states(timeline) == (
        "accepted:skipped survey:skipped plan:done contract:now install:later"
    )
    assert timeline.progress.done[Stage.accepted] == moment(2)
    assert timeline.progress.done[Stage.survey] == moment(5)


def test_a_stage_never_reported_done_is_over_once_a_later_one_is_done():
    begun = charger(event("survey", "started", 3), event("plan", "started", 4))
    over = charger(
        event("survey", "started", 3), event("plan", "started", 4), event("plan", "done", 5)
    )

    assert begun.stages[1].state is StageState.now
    assert over.stages[1].state is StageState.done
    assert over.stages[1].done_at is None
    assert over.progress.done[Stage.survey] == moment(4)


def test_two_stages_may_run_beside_each_other_and_the_further_one_is_current():
    timeline = charger(
        *done(3, "accepted", "survey", "plan"),
        event("contract", "started", 4),
        event("install", "started", 4, 3),
    )

    assert timeline.stages[3].state is StageState.now
    assert timeline.stage.step.stage is Stage.install


def test_acceptance_is_over_as_soon_as_anything_later_shows():
    timeline = charger(event("accepted", "started", 2, 3), event("survey", "started", 3))

    assert timeline.stages[0].state is StageState.done
    assert timeline.progress.done[Stage.accepted] == moment(3)


def test_events_before_the_submission_count_from_the_submission():
    timeline = charger(event("accepted", "done", 1))

    assert timeline.progress.done[Stage.accepted] == moment(2)
    assert timeline.updated_at == moment(2)


def test_waiting_for_the_customer_pauses_and_says_what_to_do():
    waiting = event("survey", "waiting_customer", 4, note="请提供车位使用证明")

    timeline = charger(event("accepted", "done", 2), waiting)

    assert timeline.state is ApplicationState.waiting_customer
    assert timeline.turn is Turn.customer
    assert timeline.todo is not None
    assert timeline.todo.words == "请提供车位使用证明"
    assert timeline.todo.since == moment(4)
    assert timeline.progress.pauses == (Pause(moment(4)),)


def test_the_next_step_says_what_to_do_where_there_is_no_note():
    timeline = charger(event("survey", "waiting_customer", 4, next_step="等您来电约时间"))

    assert timeline.todo is not None
    assert timeline.todo.words == "等您来电约时间"


@pytest.mark.parametrize("state", ["resumed", "started", "done"])
def test_the_pause_ends_with_the_next_news_of_the_stage(state):
    timeline = charger(event("survey", "waiting_customer", 4), event("survey", state, 6))

    assert timeline.turn is Turn.utility
    assert timeline.progress.pauses == (Pause(moment(4), moment(6)),)


def test_resumed_at_another_stage_ends_the_wait_all_the_same():
    timeline = charger(event("survey", "waiting_customer", 4), event("plan", "resumed", 6))

    assert timeline.progress.pauses == (Pause(moment(4), moment(6)),)


def test_a_wait_nobody_ended_is_over_when_a_later_stage_is_done():
    timeline = charger(event("survey", "waiting_customer", 4), event("plan", "done", 6))

    assert timeline.turn is Turn.utility
    assert timeline.progress.pauses == (Pause(moment(4), moment(6)),)


def test_a_later_stage_that_only_began_does_not_end_a_wait():
    timeline = charger(event("survey", "waiting_customer", 4), event("plan", "started", 6))

    assert timeline.turn is Turn.customer
    assert timeline.stage.step.stage is Stage.survey


def test_waiting_and_resumed_with_the_same_time_do_not_wait():
    timeline = charger(event("survey", "resumed", 4), event("survey", "waiting_customer", 4))

    assert timeline.turn is Turn.utility


def test_a_stage_that_is_done_may_wait_for_the_customers_yes_and_stays_done_for_the_clock():
    timeline = charger(*done(3, "accepted", "survey", "plan"), event("plan", "waiting_customer", 4))

    assert timeline.turn is Turn.customer
    assert timeline.stages[2].state is StageState.waiting
    assert timeline.progress.done[Stage.plan] == moment(3, 2)


def test_in_the_customers_own_stage_it_is_the_customers_turn():
    timeline = fold(
        moment(2), [*done(3, "accepted", "survey", "plan"), event("fee", "started", 4)], HV
    )

    assert timeline.turn is Turn.customer
    assert timeline.todo is not None
    assert timeline.todo.names == HV[3].todo
    assert timeline.todo.since == moment(3, 2), "the plan had left the customer something to do"


def test_work_left_to_the_customer_pauses_until_the_next_stage_shows_a_sign():
    events = done(3, "accepted", "survey", "plan")

    waiting = fold(moment(2), events, BUSINESS)
    going_on = fold(moment(2), [*events, event("final_inspection", "started", 9)], BUSINESS)

    assert waiting.turn is Turn.customer
    assert waiting.stage.step.stage is Stage.final_inspection, "an optional stage is passed over"
    assert waiting.stage.state is StageState.waiting
    assert going_on.turn is Turn.utility
    assert going_on.progress.pauses == (Pause(moment(3, 2), moment(9)),)


def test_resumed_says_that_the_customer_has_done_it():
    events = done(3, "accepted", "survey", "plan")

    timeline = fold(moment(2), [*events, event("plan", "resumed", 8)], BUSINESS)

    assert timeline.turn is Turn.utility
    assert timeline.progress.pauses == (Pause(moment(3, 2), moment(8)),)


def test_an_optional_stage_is_shown_once_something_happened_in_it():
    events = done(3, "accepted", "survey", "plan")

    without = fold(moment(2), events, BUSINESS)
    having = fold(moment(2), [*events, event("fee", "started", 4)], BUSINESS)

    assert [facts.step.stage for facts in without.stages if not facts.shown] == [Stage.fee]
    assert all(facts.shown for facts in having.stages)
    assert having.stage.step.stage is Stage.fee


def test_a_rejection_ends_the_application_where_it_happened():
    timeline = charger(event("accepted", "done", 2), event("survey", "rejected", 4))

    assert timeline.state is ApplicationState.rejected
    assert timeline.turn is Turn.none
    assert timeline.todo is None
    assert states(timeline) == (
        "accepted:done survey:rejected plan:later contract:later install:later"
    )
    assert timeline.progress.stopped_at == moment(4)


@pytest.mark.parametrize(
    "back",
    [
        event("survey", "resumed", 8),
        event("plan", "resumed", 8),
        event("accepted", "started", 8),
        event("survey", "done", 8),
        event("survey", "waiting_customer", 8),
    ],
    ids=lambda back: back.id,
)
def test_what_brings_a_rejected_application_back(back):
    timeline = charger(event("survey", "rejected", 4), back)

    assert timeline.state not in (ApplicationState.rejected, ApplicationState.withdrawn)
    assert timeline.progress.stopped_at is None
    assert timeline.progress.pauses[0].start == moment(4), "the time between was the customer's"


def test_news_of_another_stage_does_not_bring_a_rejected_application_back():
    timeline = charger(event("survey", "rejected", 4), event("contract", "done", 8))

    assert timeline.state is ApplicationState.rejected
    assert timeline.stages[3].events, "it is kept all the same"


@pytest.mark.parametrize("state", ["started", "done", "waiting_customer", "rejected"])
def test_only_resumed_brings_a_withdrawn_application_back(state):
    withdrawn = event("survey", "withdrawn", 4)

    still = charger(withdrawn, event("survey", state, 8))
    back = charger(withdrawn, event("survey", "resumed", 8))

    assert still.state is ApplicationState.withdrawn
    assert still.updated_at == moment(8)
    assert {facts.state for facts in still.stages} == {StageState.skipped}
    assert back.state is ApplicationState.under_way


def test_a_stage_begun_again_is_not_done_any_more():
    timeline = charger(*done(3, "accepted", "survey", "plan"), event("survey", "started", 6))

    assert timeline.stage.step.stage is Stage.survey
    assert Stage.survey not in timeline.progress.done


def test_the_first_of_two_reports_of_an_end_counts():
    timeline = charger(event("survey", "done", 4), event("survey", "done", 6))

    assert timeline.progress.done[Stage.survey] == moment(4)


def test_events_of_stages_the_way_does_not_have_are_left_out():
    timeline = charger(event("design_review", "done", 4))

    assert timeline.events == []
    assert timeline == charger()


# ── whatever arrives ───────────────────────────────────────────────────────

EVENTS = st.lists(
    st.builds(
        Event,
        id=st.uuids().map(str),
        at=st.integers(0, 60).map(lambda hours: moment(1) + timedelta(hours=hours * 6)),
        stage=st.sampled_from(Stage),
        state=st.sampled_from(EventState),
    ),
    max_size=14,
    unique_by=lambda event: event.id,
)
WAYS = st.sampled_from([CHARGER, HV, BUSINESS])


@given(EVENTS, WAYS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events, steps, random):
    expected = fold(moment(2), events, steps)

    random.shuffle(events)

    assert fold(moment(2), events, steps) == expected


@given(EVENTS, WAYS)
def test_whatever_arrives_the_timeline_is_sane(events, steps):
    timeline = fold(moment(2), events, steps)
    pauses = timeline.progress.pauses

    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(pauses))
    assert all(pause.end is None or pause.start <= pause.end for pause in pauses)
    assert (timeline.state is ApplicationState.done) == (timeline.progress.ended_at is not None)
    assert (timeline.todo is not None) == (timeline.turn is Turn.customer)
    open_states = {StageState.now, StageState.waiting}
    if timeline.turn is Turn.none:
        assert not open_states & {facts.state for facts in timeline.stages}
    else:
        assert timeline.stage.state in open_states
    assert all(at >= moment(2) for at in timeline.progress.done.values())


@settings(max_examples=50)
@given(EVENTS, WAYS)
def test_an_event_reported_twice_under_one_number_counts_once(events, steps):
    assert fold(moment(2), {e.id: e for e in events * 2}.values(), steps) == fold(
        moment(2), events, steps
    )
