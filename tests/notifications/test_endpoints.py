"""Where our server may be told to send requests: nowhere but to the browsers' push services."""

import base64

import pytest

from backend.notifications.endpoints import Refused, parse_endpoint, parse_keys
from tests.push_crypto import base64url, point

ALLOWED = [
    "https://fcm.googleapis.com/fcm/send/abc:APA91b-_x",
    "https://fcm.googleapis.com:443/wp/abc",
    "https://jmt17.google.com/fcm/send/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://web.push.apple.com/QGtb%20x",
    "https://db5p.notify.windows.com/w/?token=BQYA%2bx%3d",
    "https://wns2-by3p.notify.windows.com/w/?token=a&b=c",
]

REFUSED = [
    "",
    "fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "https://fcm.googleapis.com",
    "http://fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x",
    "javascript:alert(1)",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:0443/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com:443:80/x",
    "https://user@fcm.googleapis.com/x",
    "https://user:secret@fcm.googleapis.com/x",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://127.0.0.1#@fcm.googleapis.com/x",
    "https://127.0.0.1\\@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\.evil.example/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com/x",
    "https://evil-push.apple.com.example/x",
    "https://notnotify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://.push.apple.com/x",
    "https://push.apple.com./x",
    "https://web..push.apple.com/x",
    "https://-web.push.apple.com/x",
    "https://googleapis.com/x",
    "https://storage.googleapis.com/x",
    "https://google.com/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/x",
    "https://metadata.google.internal/x",
    "https://fcm.googleapis.com%2eevil.example/x",
    "https://fcm.googleapis.com%00.evil.example/x",
    "https://fcm。googleapis。com/x",
    "https://ｆcm.googleapis.com/x",
    "https://FCM.googleapis.com/x",
    "HTTPS://fcm.googleapis.com/x",
    "https:/fcm.googleapis.com/x",
    "https:///fcm.googleapis.com/x",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x ",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/x\r\nX-Injected: 1",
    "https://fcm.googleapis.com/x#fragment",
    "https://fcm.googleapis.com/推送",
    "https://fcm.googleapis.com/" + "x" * 2048,
    "https://" + "a." * 200 + "push.apple.com/x",
]


@pytest.mark.parametrize("url", ALLOWED)
def test_the_browsers_push_services_are_allowed(url):
    assert parse_endpoint(url).port == 443


@pytest.mark.parametrize("url", REFUSED)
def test_any_other_address_is_refused(url):
    with pytest.raises(Refused):
        parse_endpoint(url)


def test_an_endpoint_falls_into_origin_and_target():
    found = parse_endpoint("https://db5p.notify.windows.com:443/w/?token=x")

    assert found.origin == "https://db5p.notify.windows.com"
    assert found.target == "/w/?token=x"
    assert found.secure


def test_an_operator_may_allow_one_more_origin_exactly():
    allowed = ["https://push.example.org", "http://10.0.0.7:8080"]

    assert parse_endpoint("https://push.example.org/x", allowed).host == "push.example.org"
    assert parse_endpoint("http://10.0.0.7:8080/x", allowed).port == 8080
    for url in (
        "https://a.push.example.org/x",
        "http://push.example.org/x",
        "https://push.example.org:8443/x",
        "http://10.0.0.7:8081/x",
        "http://10.0.0.7/x",
    ):
        with pytest.raises(Refused):
            parse_endpoint(url, allowed)


def test_an_allowed_loopback_origin_without_a_port_means_any_port():
    assert parse_endpoint("http://127.0.0.1:39123/push/x", ["http://127.0.0.1"]).port == 39123
    with pytest.raises(Refused):
        parse_endpoint("https://127.0.0.1:39123/push/x", ["http://127.0.0.1"])


def test_the_keys_of_a_real_subscription_are_taken(subscription):
    p256dh, auth = parse_keys(subscription.p256dh, base64url(subscription.auth))

    assert p256dh == point(subscription.private.public_key())
    assert auth == subscription.auth


def test_padded_keys_are_the_same_keys(subscription):
    padded = base64.urlsafe_b64encode(subscription.auth).decode()

    assert parse_keys(subscription.p256dh, padded)[1] == subscription.auth


@pytest.mark.parametrize(
    "damage",
    [
        lambda p256dh, auth: (base64url(b"\4" + b"\1" * 64), auth),  # not on the curve
        lambda p256dh, auth: (base64url(b"\2" + b"\1" * 32), auth),  # compressed
        lambda p256dh, auth: (base64url(b"\0" * 65), auth),
        lambda p256dh, auth: ("", auth),
        lambda p256dh, auth: (p256dh + "AAAA", auth),
        lambda p256dh, auth: (p256dh, ""),
        lambda p256dh, auth: (p256dh, base64url(b"x" * 15)),
        lambda p256dh, auth: (p256dh, base64url(b"x" * 17)),
        lambda p256dh, auth: (p256dh, "不是密钥"),
        lambda p256dh, auth: (p256dh, "+/+/" * 6),
    ],
)
def test_keys_that_cannot_encrypt_are_refused_at_once(subscription, damage):
    with pytest.raises(Refused):
        parse_keys(*damage(subscription.p256dh, base64url(subscription.auth)))
