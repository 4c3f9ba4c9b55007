"""Messages only the subscribed browser can read (RFC 8291)."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.notifications.encoder import (
    PAD_TO,
    PushText,
    encode,
    minimal_payload,
    payload,
)
from tests.push_crypto import decrypt, from_base64url, point

# RFC 8291, Appendix A
PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

TEXT = PushText(
    kind="application",
    title="申请有新进展",
    body="现场勘查已完成",
    url="/applications/A1",
    tag="application:A1",
    at=datetime(2026, 11, 22, 4, tzinfo=UTC),
)


def test_the_local_push_service_decrypts_the_example_of_the_rfc():
    private = ec.derive_private_key(int.from_bytes(from_base64url(PRIVATE), "big"), ec.SECP256R1())

    plain = decrypt(from_base64url(BODY), private, from_base64url(AUTH))

    assert plain == b"When I grow up, I want to be a watermelon"


def test_what_is_encoded_only_its_subscription_decrypts(subscription):
    body = encode(b"hello", point(subscription.private.public_key()), subscription.auth)

    assert decrypt(body, subscription.private, subscription.auth) == b"hello"
    with pytest.raises(ValueError, match="does not decrypt"):
        decrypt(body, subscription.private, b"x" * 16)


def test_every_message_has_its_own_key_and_salt(subscription):
    p256dh = point(subscription.private.public_key())

    bodies = [encode(b"the same", p256dh, subscription.auth) for _ in range(50)]

    assert len({body[:16] for body in bodies}) == 50
    assert len({body[21:86] for body in bodies}) == 50


def test_the_payload_is_what_the_service_worker_expects():
    facts = json.loads(payload(TEXT))

    assert facts == {
        "kind": "application",
        "title": "申请有新进展",
        "body": "现场勘查已完成",
        "url": "/applications/A1",
        "tag": "application:A1",
        "ts": 1795320000000,
    }


@pytest.mark.parametrize("length", [0, 1, 60, 200, 1000])
def test_the_length_of_a_message_tells_nearly_nothing(length):
    text = PushText(TEXT.kind, TEXT.title, "电" * length, TEXT.url, TEXT.tag, TEXT.at)

    assert len(payload(text)) in (PAD_TO, 2 * PAD_TO)


def test_a_long_text_is_cut_and_stays_under_two_kilobytes():
    text = PushText(TEXT.kind, "标题" * 200, "正文" * 2000, "/" + "x" * 200, "t" * 120, TEXT.at)

    assert len(payload(text)) <= 2048
    assert json.loads(payload(text))["body"].endswith("…")


def test_the_minimal_payload_still_says_what_and_where():
    facts = json.loads(minimal_payload(TEXT))

    assert (facts["title"], facts["body"], facts["url"]) == (TEXT.title, "", TEXT.url)
    assert len(minimal_payload(TEXT)) < 250
