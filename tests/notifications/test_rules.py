"""Answers, waits and urgency, without a network."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.notifications import rules
from backend.notifications.answers import Meaning, meaning, retry_after
from backend.notifications.rules import Channel, Topic, Urgency

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Meaning.accepted),
        (201, Meaning.accepted),
        (202, Meaning.accepted),
        (204, Meaning.accepted),
        (301, Meaning.refused),
        (307, Meaning.refused),
        (400, Meaning.refused),
        (401, Meaning.unproven),
        (403, Meaning.unproven),
        (404, Meaning.gone),
        (406, Meaning.limited),
        (408, Meaning.unknown),
        (410, Meaning.gone),
        (413, Meaning.too_large),
        (422, Meaning.refused),
        (429, Meaning.limited),
        (500, Meaning.unknown),
        (502, Meaning.unknown),
        (503, Meaning.limited),
        (504, Meaning.unknown),
        (0, Meaning.unknown),
    ],
)
def test_every_answer_has_one_meaning(status, expected):
    assert meaning(status) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 04:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 03:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:01:30 +0800", 90.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("١٢", None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_retry_after_is_a_number_or_a_date_or_nothing(text, expected):
    assert retry_after(text, NOW) == expected


def test_the_wait_doubles_with_full_jitter_up_to_an_hour():
    assert rules.back_off(0, 1.0) == timedelta(seconds=2)
    assert rules.back_off(3, 1.0) == timedelta(seconds=16)
    assert rules.back_off(3, 0.25) == timedelta(seconds=4)
    assert rules.back_off(3, 0.0) == timedelta(seconds=0.5)
    assert rules.back_off(100, 1.0) == timedelta(hours=1)


def test_an_asked_wait_is_kept_and_spread_but_never_for_days():
    assert rules.wait_asked(100, 0.0) == timedelta(seconds=100)
    assert rules.wait_asked(100, 1.0) == timedelta(seconds=120)
    assert rules.wait_asked(999_999_999, 0.0) == timedelta(days=1)


def test_a_message_lives_until_its_news_is_stale_and_not_longer_by_a_retry():
    expires_at = NOW + timedelta(hours=4)

    assert rules.time_to_live(expires_at, NOW) == 4 * 3600
    assert rules.time_to_live(expires_at, NOW + timedelta(hours=3)) == 3600
    assert rules.time_to_live(expires_at, NOW + timedelta(hours=5)) == 0


def test_safety_goes_before_outages_before_status_before_bills():
    order = [
        rules.priority(Urgency.low, safety=True),
        rules.priority(Urgency.high, safety=False),
        rules.priority(Urgency.normal, safety=False),
        rules.priority(Urgency.low, safety=False),
    ]

    assert order == sorted(set(order))


def test_every_topic_has_a_name_and_a_life():
    assert set(rules.TOPIC_NAMES) == set(rules.LIFE) == set(Topic)


def test_nobody_gets_bills_by_text_message_who_did_not_ask():
    assert not rules.wanted_at_first(Topic.bill, Channel.sms)
    assert rules.wanted_at_first(Topic.bill, Channel.push)
    assert rules.wanted_at_first(Topic.application, Channel.sms)
