"""A driver's device: paired by a one-time code, signed in by tokens that renew each other. [DV]"""

import asyncio
import os
from pathlib import Path

import msgspec

from kanvoy_client._wire.devices import Claim, DeviceTokens, Refresh
from kanvoy_client.asking import ask
from kanvoy_client.errors import NoAnswer, SignInFailed
from kanvoy_client.login import Bearer

__all__ = ["DeviceTokens", "Wallet", "pair", "refresh"]


async def pair(address: str, code: str, name: str = "") -> DeviceTokens:
    """Claim the code that the back office shows. Raises `SignInFailed`.

    `address` is the server's, as `https://…`. The code works once: keep the tokens before
    anything else is done with them.
    """
    body = msgspec.json.encode(Claim(code=code, name=name))
    return await _tokens(address, "/v1/pairings/claim", body)


async def refresh(address: str, token: str) -> DeviceTokens:
    """The next tokens for a refresh token.

    Raises `SignInFailed`, for a device may be revoked, and `NoAnswer` when the server could not
    be asked. Ask for one at a time, and keep the answer before it is used: an older refresh token
    that comes again revokes the device. After a lost answer the same one may be sent once more.
    """
    body = msgspec.json.encode(Refresh(refresh_token=token))
    return await _tokens(address, "/v1/tokens/refresh", body)


class Wallet:
    """A device's tokens in a file, where they are before anybody uses them.

    A crash between the server's renewing and our keeping loses an answer, and then the token
    before it works once more.
    """

    def __init__(self, address: str, file: Path) -> None:
        """The tokens are read when they are asked for."""
        self._address, self._file = address, file
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_paired(self) -> bool:
        """Whether there are tokens; they may be revoked all the same."""
        return self._file.exists()

    @property
    def tokens(self) -> DeviceTokens:
        """The newest ones. Raises `SignInFailed` before the first pairing."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=DeviceTokens)
        except FileNotFoundError as missing:
            raise SignInFailed("not paired yet: ask the back office for a code") from missing
        except msgspec.MsgspecError as broken:
            raise SignInFailed(f"{self._file.name} holds no tokens: pair again") from broken

    @property
    def bearer(self) -> Bearer:
        """What requests are signed with now."""
        return Bearer(token=self.tokens.access_token)

    async def pair(self, code: str, name: str) -> None:
        """Pair the device, or pair it again. Raises `SignInFailed`."""
        self._keep(await pair(self._address, code, name))

    async def renew(self) -> Bearer:
        """The next token. Raises as `refresh` does; two who ask at once get one after the other."""
        async with self._one_at_a_time:
            self._keep(await refresh(self._address, self.tokens.refresh_token))
            return self.bearer

    def _keep(self, tokens: DeviceTokens) -> None:
        fresh = self._file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(msgspec.json.encode(tokens))
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(self._file)
        if os.name == "nt":
            return
        # Or a power cut could bring the old name back, whose token was used by then.
        folder = os.open(self._file.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def _tokens(address: str, path: str, body: bytes) -> DeviceTokens:
    answer = await ask(address, "POST", path, body)
    if not answer.ok:
        raise SignInFailed(f"HTTP {answer.status} {answer.problem.code}".rstrip())
    try:
        return msgspec.json.decode(answer.body, type=DeviceTokens)
    except msgspec.MsgspecError as fault:
        # A proxy that has a page of its own for everything: there was no answer of ours.
        raise NoAnswer(str(fault)) from fault
