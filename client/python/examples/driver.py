"""A driver without a screen: reads the news, collects, arrives and delivers what is in its run.

python driver.py https://board.example [code]

The code comes from the back office and is needed once. Tokens and unanswered steps are kept in
`driver.json` and `driver.outbox`: stop the program whenever you like, also without network, and
start it again.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
from kanvoy_client.client import Client, Verdict, connect, fresh_id
from kanvoy_client.errors import KanvoyError, SignInFailed
from kanvoy_client.facts import (
    AcknowledgeStop,
    ArriveDelivery,
    CollectDelivery,
    CompleteDelivery,
    FactCommand,
)
from kanvoy_client.from_server import Rejected
from kanvoy_client.happenings import TokenWanted
from kanvoy_client.login import Bearer
from kanvoy_client.outbox import SqliteOutbox
from kanvoy_client.phone import DeviceTokens, pair, refresh
from kanvoy_client.stops import StopDeliveryView
from kanvoy_client.values import Handed
from kanvoy_client.views import StopView
from kanvoy_client.vocabulary import Instant, OrderId, Version


class Wallet:
    """The device's tokens on disk. They are kept before they are used."""

    def __init__(self, address: str, file: Path) -> None:
        """Nothing is read yet."""
        self._address, self._file = address, file

    async def open(self, code: str) -> DeviceTokens:
        """Tokens that work: renewed ones, or those of a first pairing."""
        if self._file.exists():
            return await self.renewed()
        if not code:
            raise SignInFailed("not paired yet: ask the back office for a code")
        return self._kept(await pair(self._address, code, "driver.py"))

    async def renewed(self) -> DeviceTokens:
        """The next tokens."""
        now = msgspec.json.decode(self._file.read_bytes(), type=DeviceTokens)
        return self._kept(await refresh(self._address, now.refresh_token))

    def _kept(self, tokens: DeviceTokens) -> DeviceTokens:
        fresh = self._file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(msgspec.json.encode(tokens))
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(self._file)
        return tokens


def now() -> Instant:
    """The device's own time, in milliseconds."""
    return Instant(round(time.time() * 1_000))  # noqa: TID251  the ban is the server's


def next_fact(order_id: OrderId, stop: StopDeliveryView, version: Version) -> FactCommand:
    """What comes next at a stop: read the news first, then collect, arrive, hand over."""
    if stop.receipt.word != "acknowledged":
        return AcknowledgeStop(
            order_id=order_id,
            delivery_id=stop.id,
            epoch=stop.epoch,
            version=version,
            receipt="acknowledged",
            at=now(),
        )
    if stop.collected_at is None:
        return CollectDelivery(order_id=order_id, delivery_id=stop.id, epoch=stop.epoch, at=now())
    if stop.arrived_at is None:
        return ArriveDelivery(order_id=order_id, delivery_id=stop.id, epoch=stop.epoch, at=now())
    return CompleteDelivery(
        order_id=order_id,
        delivery_id=stop.id,
        epoch=stop.epoch,
        at=now(),
        shown_version=version,
        handed=tuple(Handed(line_id=each.line_id, quantity=each.quantity) for each in stop.lines),
    )


async def drive(client: Client, channel: str) -> None:
    """Take one step after the other, at each stop, until there is nothing left; then wait."""
    await client.watch(channel)
    refused: set[tuple[str, str]] = set()
    while True:
        step = _first(client, channel, refused)
        if step is None:
            await _news(client, channel)
            continue
        verdict = await _taken(client, channel, step)
        if isinstance(verdict, Rejected):
            # Somebody at the office has to look at it: a gate, or another driver's stop.
            refused.add((step.delivery_id, type(step).__name__))
            print(f"{step.delivery_id}: {type(step).__name__} was refused ({verdict.rejection})")
        else:
            print(f"{step.delivery_id}: {type(step).__name__}")


def _first(client: Client, channel: str, refused: set[tuple[str, str]]) -> FactCommand | None:
    for key, item in client.replica.channels[channel].items.items():
        if not isinstance(item.view, StopView) or item.view.hold:
            continue
        for stop in item.view.deliveries:
            step = next_fact(OrderId(key.id), stop, item.version)
            if (stop.id, type(step).__name__) not in refused:
                return step
    return None


async def _taken(client: Client, channel: str, step: FactCommand) -> Verdict:
    """It happened: `fact` keeps it even when the office decided otherwise meanwhile."""
    verdict = await client.verdict(client.issue(step, fact=True))
    if not isinstance(verdict, Rejected):
        await client.seen(channel, verdict.sequence)
    return verdict


async def _news(client: Client, channel: str) -> None:
    async for _key, _view in client.changes(channel):
        return


async def keep_signed_in(client: Client, wallet: Wallet) -> None:
    """Renew the token whenever the server asks for it."""
    async for happening in client.happenings():
        if isinstance(happening, TokenWanted):
            client.authenticate((await wallet.renewed()).access_token)


async def run(address: str, code: str, folder: Path) -> None:
    """Work until interrupted."""
    wallet = Wallet(address, folder / "driver.json")
    tokens = await wallet.open(code)
    outbox = SqliteOutbox(folder / "driver.outbox", fresh_id)
    parts = urlsplit(address)
    scheme = "wss" if parts.scheme == "https" else "ws"
    socket = urlunsplit((scheme, parts.netloc, "/v1/realtime", "", ""))
    async with connect(socket, Bearer(token=tokens.access_token), outbox=outbox) as client:
        signed_in = asyncio.create_task(keep_signed_in(client, wallet))
        try:
            await drive(client, f"driver:{tokens.driver_id}")
        finally:
            signed_in.cancel()
            outbox.close()


def main() -> int:
    """Run until interrupted; answers 1 when there is no way in."""
    match sys.argv[1:]:
        case [address, *rest]:
            code = rest[0] if rest else ""
        case _:
            print(__doc__)
            return 2
    try:
        asyncio.run(run(address, code, Path.cwd()))
    except KanvoyError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
