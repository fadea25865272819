"""The key that signs anchors: made once per installation, in a file apart from the database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class BadKey(Exception):
    """The key cannot be used; the message says why."""


def own_key(path: Path) -> Ed25519PrivateKey:
    """The key in this file, which is made when there is none. Raises `BadKey` or OSError."""
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        _make(path)
        written = path.read_bytes()
    try:
        key = load_pem_private_key(written, None)
    except (ValueError, TypeError) as error:
        raise BadKey(f"{path} holds no key ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path} holds another kind of key")
    return key


def public_key(written: str) -> Ed25519PublicKey:
    """A public key from its hexadecimal digits. Raises `BadKey`."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(written))
    except ValueError as error:
        raise BadKey(f"{written!r} is no key of 64 hexadecimal digits") from error


def _make(path: Path) -> None:
    """Several nodes may share the folder: the first key wins, whole."""
    key = Ed25519PrivateKey.generate()
    body = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, body)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
