"""Who we are to the push services (RFC 8292)."""

import stat
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from backend.core.clock import frozen
from backend.notifications.vapid import Vapid, contact, load_or_create

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
FCM, MOZILLA = "https://fcm.googleapis.com", "https://updates.push.services.mozilla.com"


@pytest.fixture
def vapid(tmp_path):
    return Vapid(load_or_create(tmp_path / "keys" / "vapid.pem"), "mailto:power@example.org")


def _claims(vapid: Vapid, header: str) -> dict[str, object]:
    token = header.removeprefix("vapid t=").partition(",")[0]
    return jwt.decode(
        token,
        vapid.keys.private.public_key(),
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_aud": False},
    )


def test_a_token_names_the_service_the_sender_and_an_end_within_a_day(vapid):
    with frozen(NOW):
        header = vapid.header(FCM)

    assert _claims(vapid, header) == {
        "aud": FCM,
        "exp": int((NOW + timedelta(hours=12)).timestamp()),
        "sub": "mailto:power@example.org",
    }
    assert header.endswith(f", k={vapid.keys.public}")


def test_one_signature_serves_an_origin_for_eleven_hours(vapid):
    with frozen(NOW):
        first = vapid.header(FCM)
    with frozen(NOW + timedelta(hours=10, minutes=59)):
        assert vapid.header(FCM) == first
        assert vapid.signatures == 1
    with frozen(NOW + timedelta(hours=11)):
        assert vapid.header(FCM) != first


def test_each_origin_has_its_own_token(vapid):
    assert _claims(vapid, vapid.header(FCM))["aud"] == FCM
    assert _claims(vapid, vapid.header(MOZILLA))["aud"] == MOZILLA
    assert _claims(vapid, vapid.header(FCM))["aud"] == FCM


def test_a_refused_token_is_signed_again(vapid):
    with frozen(NOW):
        vapid.header(FCM)
    vapid.forget(FCM)
    with frozen(NOW + timedelta(seconds=1)):
        vapid.header(FCM)

    assert vapid.signatures == 2


def test_the_keys_are_made_once_and_readable_by_the_owner_alone(tmp_path):
    path = tmp_path / "keys" / "vapid.pem"

    first, second = load_or_create(path), load_or_create(path)

    assert first.public == second.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["vapid.pem"]


def test_a_topic_is_opaque_short_and_lasting(tmp_path):
    path = tmp_path / "vapid.pem"
    topic = load_or_create(path).topic("application:A1")

    assert load_or_create(path).topic("application:A1") == topic
    assert load_or_create(path).topic("application:A2") != topic
    assert load_or_create(tmp_path / "other.pem").topic("application:A1") != topic
    assert len(topic) == 24


@pytest.mark.parametrize(
    ("push_contact", "base_url", "expected"),
    [
        ("power@example.cn", "https://power.example.cn", "mailto:power@example.cn"),
        ("https://power.example.cn/help", "", "https://power.example.cn/help"),
        ("", "https://power.example.cn", "https://power.example.cn"),
        ("", "http://localhost:8000", "mailto:push@example.org"),
    ],
)
def test_the_contact_is_one_that_push_services_accept(push_contact, base_url, expected):
    assert contact(push_contact, base_url) == expected
