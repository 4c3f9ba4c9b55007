"""The secrets of sign-in: the Ed25519 keys that sign tokens, and the pepper of codes.

EdDSA, so that nobody who can only verify a token can make one. Every `token-*.pem` verifies and the
newest signs: a key is changed by adding one, and the old one removed after ten minutes.
"""

import hashlib
import secrets
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from backend.config import settings
from backend.core.keyfile import load_or_create

FIRST = "token-1.pem"


class KeyRing(Struct, frozen=True):
    """`kid` is the key's own fingerprint: it never names a file."""

    signing_kid: str
    signing: Ed25519PrivateKey
    verifying: dict[str, Ed25519PublicKey]


@cache
def key_ring() -> KeyRing:
    """The keys of this installation; made on first use."""
    return read_key_ring(settings().data / "keys")


@cache
def pepper() -> bytes:
    """Without this file a copied database tells nothing about six-digit codes."""
    return read_pepper(settings().data / "keys")


def read_pepper(folder: Path) -> bytes:
    return load_or_create(folder / "pepper", lambda: secrets.token_bytes(32))


def read_key_ring(folder: Path) -> KeyRing:
    load_or_create(folder / FIRST, _new_key)
    keys = [_load(path) for path in sorted(folder.glob("token-*.pem"), key=_age)]
    verifying = {fingerprint(key.public_key()): key.public_key() for key in keys}
    return KeyRing(fingerprint(keys[-1].public_key()), keys[-1], verifying)


def fingerprint(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _new_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path.name} does not hold an Ed25519 key")
    return key


def _age(path: Path) -> tuple[int, str]:
    number = path.stem.removeprefix("token-")
    return (int(number) if number.isdigit() else 0, path.name)
