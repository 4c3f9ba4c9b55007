"""What is told, to whom it matters, and how it reads on a locked screen in both languages."""

import re

import pytest

from backend.applications.notices import moved, nudge_answered
from backend.applications.rules import EventState
from backend.applications.subjects import Facts
from backend.notifications.messages import render
from backend.promises.pack_reader import pack
from backend.promises.schemas import ApplicationType
from tests.applications.events import event, moment

PACK = pack("sgcc")
CHINESE = re.compile(r"[一-鿿]")
WORDS = [
    moved(
        Facts("A1", kind, "C1", None, moment(2), None, None),
        event(step.stage, state, 3, note="李明，柳岸路 8 号"),
        card,
    )
    for kind, card in PACK.types.items()
    for step in card.steps
    for state in EventState
]


def notice(stage: str, state: str):
    facts = Facts("A1", ApplicationType.ev_charger, "C1", "3205000001", moment(2), None, None)
    return moved(facts, event(stage, state, 3, id="E7"), PACK.types[ApplicationType.ev_charger])


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_message_is_short_and_says_nothing_personal(locale):
    for one in WORDS:
        title, body = render(one.message, one.params, locale)

        assert title
        assert body
        assert "柳岸路" not in title + body
        assert "李明" not in title + body
        assert len(body) <= 120
        assert len(CHINESE.findall(title)) <= (20 if locale == "zh-CN" else 0)
        assert len(title) <= 60


@pytest.mark.parametrize(
    ("stage", "state", "message", "matters"),
    [
        ("survey", "started", "applications_started", False),
        ("survey", "done", "applications_done", False),
        ("survey", "waiting_customer", "applications_waiting_customer", True),
        ("survey", "resumed", "applications_resumed", False),
        ("survey", "rejected", "applications_rejected", True),
        ("survey", "withdrawn", "applications_withdrawn", False),
        ("install", "done", "applications_completed", True),
        ("install", "started", "applications_started", False),
    ],
)
def test_what_asks_for_the_customer_or_ends_the_matter_matters(stage, state, message, matters):
    found = notice(stage, state)

    assert (found.message, found.matters) == (message, matters)


def test_a_notice_is_told_once_replaces_its_like_and_goes_stale():
    found = notice("survey", "done")

    assert (found.key, found.tag, found.url) == (
        "application-event:E7",
        "application:A1",
        "/applications/A1",
    )
    assert (found.customer, found.usage_point) == ("C1", "3205000001")
    assert found.expires_at == moment(10)


def test_the_answer_to_a_nudge_matters():
    facts = Facts("A1", ApplicationType.ev_charger, "C1", None, moment(2), None, None)

    found = nudge_answered(facts, "N1", PACK.types[ApplicationType.ev_charger], moment(3))

    assert found.matters
    assert (
        render(found.message, found.params, "zh-CN").body
        == "充电桩报装：供电局已经答复，点开查看。"
    )
