"""The key pair by which push services know this installation (RFC 8292)."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

SECRET_NAME = "vapid"  # noqa: S105 - the name it is kept under


def new_private_key() -> str:
    """A fresh private key as URL-safe base64 of its 32 bytes."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(number.to_bytes(32, "big"))


class Vapid:
    """Signs for push services, and tells phones the public half."""

    def __init__(self, private_key: str, contact: str) -> None:
        """`contact` is where operators of push services can complain: https or mailto."""
        self._signer = Vapid02.from_raw(private_key.encode())
        self._contact = contact

    @property
    def public_key(self) -> str:
        """As `PushManager.subscribe` takes it."""
        point = self._signer.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return _text(point)

    def headers(self, origin: str, expires: int) -> dict[str, str]:
        """What proves to the push service at `origin` that the message is ours."""
        claims = {"aud": origin, "exp": expires, "sub": self._contact}
        signed: dict[str, str] = self._signer.sign(claims)
        return signed


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
