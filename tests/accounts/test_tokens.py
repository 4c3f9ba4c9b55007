"""Access tokens: everything that is not exactly one of ours is refused."""

import base64
import hmac
import json
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.accounts import tokens
from backend.accounts.keys import key_ring, read_key_ring
from backend.accounts.rules import Scope
from backend.core import clock
from tests.accounts.given import at

NOW = int(clock.now().timestamp())
BASE = "http://localhost:8000"


def claims(**changes):
    good = {
        "iss": BASE,
        "aud": f"{BASE}/api/v1",
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 600,
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(header=None, key=None, **changes):
    """Signed with our real key unless another is given: only the content is wrong."""
    ring = key_ring()
    merged = {"typ": "at+jwt", "kid": ring.signing_kid, "alg": "EdDSA"} | (header or {})
    merged = {name: value for name, value in merged.items() if value is not ...}
    body = f"{_part(merged)}.{_part(claims(**changes))}"
    signature = (key or ring.signing).sign(body.encode())
    return f"{body}.{_b64(signature)}"


def _part(value) -> str:
    return _b64(json.dumps(value).encode())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _public(encoding, form) -> bytes:
    return key_ring().signing.public_key().public_bytes(encoding, form)


def _hs256(secret: bytes) -> str:
    header = {"typ": "at+jwt", "kid": key_ring().signing_kid, "alg": "HS256"}
    body = f"{_part(header)}.{_part(claims())}"
    return f"{body}.{_b64(hmac.digest(secret, body.encode(), 'sha256'))}"


def _unsigned(algorithm: str) -> str:
    header = {"typ": "at+jwt", "kid": key_ring().signing_kid, "alg": algorithm}
    return f"{_part(header)}.{_part(claims())}."


def _swapped_payload() -> str:
    head, _, signature = signed().split(".")
    return f"{head}.{_part(claims())}.{signature}"


def _own_key(**header) -> str:
    return signed(key=Ed25519PrivateKey.generate(), header=header)


def _jwk() -> dict[str, str]:
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": _b64(key)}


FORGED = {
    "alg none": lambda: _unsigned("none"),
    "alg None": lambda: _unsigned("None"),
    "alg nOnE": lambda: _unsigned("nOnE"),
    "HS256 with the public key in PEM": lambda: _hs256(
        _public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ),
    "HS256 with the raw public key": lambda: _hs256(_public(Encoding.Raw, PublicFormat.Raw)),
    "HS256 with an empty secret": lambda: _hs256(b""),
    "HS256 with the kid": lambda: _hs256(key_ring().signing_kid.encode()),
    "ES256": lambda: jwt.encode(
        claims(),
        ec.generate_private_key(ec.SECP256R1()),
        "ES256",
        headers={"typ": "at+jwt", "kid": key_ring().signing_kid},
    ),
    "alg in lower case": lambda: signed(header={"alg": "eddsa"}),
    "alg is a list": lambda: signed(header={"alg": ["EdDSA"]}),
    "no alg": lambda: signed(header={"alg": ...}),
    "typ JWT": lambda: signed(header={"typ": "JWT"}),
    "typ missing": lambda: signed(header={"typ": ...}),
    "typ null": lambda: signed(header={"typ": None}),
    "another key": _own_key,
    "another key with its jwk": lambda: _own_key(jwk=_jwk()),
    "another key with a jku": lambda: _own_key(jku="https://evil.example/keys"),
    "another key with an x5u": lambda: _own_key(x5u="https://evil.example/cert"),
    "kid missing": lambda: signed(header={"kid": ...}),
    "kid unknown": lambda: signed(header={"kid": "0" * 16}),
    "kid a path": lambda: signed(header={"kid": "../../../../dev/null"}),
    "kid SQL": lambda: signed(header={"kid": "' OR 1=1 --"}),
    "kid a number": lambda: signed(header={"kid": 1}),
    "kid a list": lambda: signed(header={"kid": [key_ring().signing_kid]}),
    "crit": lambda: signed(header={"crit": ["exp"]}),
    "payload swapped": _swapped_payload,
    "signature cut": lambda: signed()[:-10],
    "signature empty": lambda: signed().rsplit(".", 1)[0] + ".",
    "no iss": lambda: signed(iss=...),
    "no aud": lambda: signed(aud=...),
    "no sub": lambda: signed(sub=...),
    "no exp": lambda: signed(exp=...),
    "no nbf": lambda: signed(nbf=...),
    "no iat": lambda: signed(iat=...),
    "no jti": lambda: signed(jti=...),
    "no sid": lambda: signed(sid=...),
    "another iss": lambda: signed(iss="https://evil.example"),
    "another aud": lambda: signed(aud="https://evil.example"),
    "aud a list": lambda: signed(aud=[f"{BASE}/api/v1"]),
    "aud of the feed": lambda: signed(aud=f"{BASE}/api/v1/feed"),
    "sid and scope": lambda: signed(scope="feed"),
    "scope for persons": lambda: signed(sid=..., scope="feed"),
    "unknown scope": lambda: signed(sid=..., aud=f"{BASE}/api/v1/feed", scope="admin"),
    "expired": lambda: signed(exp=NOW - 1, iat=NOW - 601, nbf=NOW - 601),
    "not yet": lambda: signed(nbf=NOW + 60),
    "from the future": lambda: signed(iat=NOW + 60, nbf=NOW + 60, exp=NOW + 660),
    "exp 10**30": lambda: signed(exp=10**30),
    "exp in a day": lambda: signed(exp=NOW + 86_400),
    "exp a text": lambda: signed(exp=str(NOW + 600)),
    "exp a fraction": lambda: signed(exp=NOW + 600.5),
    "exp true": lambda: signed(exp=True),
    "exp negative": lambda: signed(exp=-1),
    "iat negative": lambda: signed(iat=-1),
    "sid not a uuid": lambda: signed(sid="1"),
    "sub empty": lambda: signed(sub=""),
    "an unknown claim": lambda: signed(admin=True),
    "a refresh token": lambda: tokens.refresh_token(uuid4()),
    "too long": lambda: signed(sub="x" * 4096),
    "long header": lambda: signed(header={"x": "x" * 4096}),
    "empty": lambda: "",
    "two parts": lambda: "a.b",
    "four parts": lambda: signed() + ".x",
    "not base64": lambda: "!.!.!",
    "not ascii": lambda: "青." + signed(),
    "a list for a header": lambda: f"{_part([])}.{_part(claims())}.x",
    "a list for a payload": lambda: "{}.{}.x".format(*signed().split(".")[:1], _part([])),
    "deep": lambda: f"{_b64(b'[' * 2000)}.{_b64(b'[' * 900)}.x",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_or_odd_token_is_refused(forge):
    with pytest.raises(tokens.BadToken):
        tokens.verified(forge())


async def test_and_nobody_is_signed_in_by_one(client):
    for name, forge in FORGED.items():
        token = forge().encode()

        answer = await client.get("/api/v1/me", headers={b"authorization": b"Bearer " + token})

        assert (name, answer.status_code) == (name, 401)


def test_our_own_are_good_for_ten_minutes():
    token = tokens.access_token(uuid4(), uuid4())

    with at(minutes=9, seconds=59):
        assert tokens.verified(token).sid
    with at(minutes=10, seconds=1), pytest.raises(tokens.BadToken):
        tokens.verified(token)


def test_the_token_of_a_system_carries_its_scope():
    found = tokens.verified(tokens.client_token("erp-1", Scope.feed))

    assert (found.sub, found.scope, found.sid) == ("erp-1", Scope.feed, None)


def test_a_new_key_signs_and_the_old_one_still_verifies(tmp_path, monkeypatch):
    first = read_key_ring(tmp_path)
    monkeypatch.setattr(tokens, "key_ring", lambda: read_key_ring(tmp_path))
    token = tokens.access_token(uuid4(), uuid4())

    read_key_ring(tmp_path / "other")
    (tmp_path / "other" / "token-1.pem").rename(tmp_path / "token-10.pem")

    assert read_key_ring(tmp_path).signing_kid != first.signing_kid
    assert tokens.verified(token)
    (tmp_path / "token-1.pem").unlink()
    with pytest.raises(tokens.BadToken):
        tokens.verified(token)


def test_keys_are_ours_alone(tmp_path):
    read_key_ring(tmp_path / "keys")

    assert (tmp_path / "keys" / "token-1.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["token-1.pem"]
