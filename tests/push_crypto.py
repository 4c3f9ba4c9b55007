"""The browser's half of RFC 8291: keys, and decrypting what a server sent."""

import base64
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def decrypt(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """RFC 8291: one aes128gcm record; raises ValueError when it is not exactly that."""
    salt, record_size, id_length = body[:16], *struct.unpack("!LB", body[16:21])
    sender, cipher = body[21 : 21 + id_length], body[21 + id_length :]
    if id_length != 65 or len(cipher) > record_size or record_size < 18:
        raise ValueError("not one record with a P-256 key")
    secret = private.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    )
    info = b"WebPush: info\0" + point(private.public_key()) + sender
    material = _hkdf(auth, info, 32, secret)
    key = _hkdf(salt, b"Content-Encoding: aes128gcm\0", 16, material)
    nonce = _hkdf(salt, b"Content-Encoding: nonce\0", 12, material)
    try:
        padded = AESGCM(key).decrypt(nonce, cipher, None).rstrip(b"\0")
    except InvalidTag as error:
        raise ValueError("the body does not decrypt") from error
    if padded[-1:] != b"\2":
        raise ValueError("not the last record")
    return padded[:-1]


def _hkdf(salt: bytes, info: bytes, length: int, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
