"""One anchor: where a journal stood at a moment, signed by the installation."""

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.vocabulary import Epoch, Instant, Nonce, Sequence, TenantId
from server.application.ports import Head

_PURPOSE = b"kanvoy anchor 1\n"
"""What the key signs besides would never begin like this."""

_encode = msgspec.json.Encoder(order="deterministic").encode


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A journal held this row as its newest. Whatever holds another one there was rewritten."""

    tenant_id: TenantId
    epoch: Epoch
    sequence: Sequence
    nonce: Nonce
    hash: bytes
    at: Instant
    settles: bool = False
    """What was anchored beyond this is given up knowingly: a backup was restored."""


class SignedAnchor(msgspec.Struct, frozen=True, kw_only=True):
    """An anchor with who vouches for it: one line of the anchor file."""

    anchor: Anchor
    key: str
    """The public key in hexadecimal digits; whom to believe is for the reader to know."""
    signature: str

    def line(self) -> bytes:
        """The line, with its end."""
        return _encode(self) + b"\n"


def anchor_of(tenant_id: TenantId, head: Head, at: Instant, *, settles: bool = False) -> Anchor:
    """The anchor of a head."""
    return Anchor(
        tenant_id=tenant_id,
        epoch=head.epoch,
        sequence=head.sequence,
        nonce=head.nonce,
        hash=head.hash,
        at=at,
        settles=settles,
    )


def sign(anchor: Anchor, key: Ed25519PrivateKey) -> SignedAnchor:
    """Vouch for an anchor."""
    signature = key.sign(_PURPOSE + _encode(anchor)).hex()
    return SignedAnchor(anchor=anchor, key=hex_of(key.public_key()), signature=signature)


def is_vouched_for(signed: SignedAnchor, key: Ed25519PublicKey) -> bool:
    """Whether this very key signed this very anchor."""
    try:
        signature = bytes.fromhex(signed.signature)
        key.verify(signature, _PURPOSE + _encode(signed.anchor))
    except (InvalidSignature, ValueError):
        return False
    return signature.hex() == signed.signature


def hex_of(key: Ed25519PublicKey) -> str:
    """A public key as people write it down."""
    return key.public_bytes_raw().hex()
