"""A driver without a screen: reads the news, collects, arrives, and delivers with proof.

    python driver.py https://board.example [--code BCDF-GHJK] [--folder .] [--photo door.jpg]
                     [--nobody-home 1042] [--parking 250] [--until-done]

The code comes from the back office and is needed once. Tokens, unanswered steps and pictures are
kept in the folder: kill the program whenever you like, also without network, and start it again.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from kanvoy_client.asking import Answer, ask
from kanvoy_client.client import Client, connect, fresh_id
from kanvoy_client.errors import KanvoyError
from kanvoy_client.from_server import Rejected
from kanvoy_client.outbox import SqliteOutbox
from kanvoy_client.phone import Wallet
from kanvoy_client.uploads import Pictures, keep_carrying
from kanvoy_client.views import StopView
from kanvoy_client.vocabulary import OrderId
from steps import Doors, Stop, next_steps

UNAUTHENTICATED = 401


@dataclass
class Van:
    """Everything the driver has on board."""

    client: Client
    pictures: Pictures
    doors: Doors
    channel: str
    added: asyncio.Event
    """Set when a picture waits to be sent."""


async def drive(van: Van, *, until_done: bool) -> None:
    """Take one step after the other, at each stop, until nothing is left; then wait for more."""
    await van.client.watch(van.channel)
    refused: dict[tuple[str, str], str] = {}
    while True:
        # What an earlier life said, and nobody has answered, comes first: or we would say it twice.
        await van.client.settled(van.channel)
        for each in van.client.refused():
            print(f"refused after a restart: {each.submit.command} {each.rejection}", flush=True)
            van.client.dismiss(each)
        stop = _next_stop(van, refused)
        if stop is not None:
            await _take(van, stop, refused)
        elif until_done and not van.pictures.waiting():
            return
        else:
            await _something_new(van)


def _next_stop(van: Van, refused: dict[tuple[str, str], str]) -> Stop | None:
    """The first stop of the run at which something is to be done, by the run's own order."""
    stops: list[Stop] = []
    for key, held in van.client.replica.channels[van.channel].items.items():
        view = held.view
        if isinstance(view, StopView) and not view.hold:
            order_id = OrderId(key.id)
            stops += [Stop(order_id, view, each, held.version) for each in view.deliveries]
    stops.sort(key=lambda stop: (stop.delivery.stop_rank or "", stop.delivery.id))
    return next((stop for stop in stops if (stop.delivery.id, stop.kind) not in refused), None)


async def _take(van: Van, stop: Stop, refused: dict[tuple[str, str], str]) -> None:
    """Say what happened. Without network it is a `fact`, and kept whatever the office decided."""
    commands = next_steps(stop, van.doors, van.pictures)
    van.added.set()
    # All of a step is on disk before anything of it is answered: a kill leaves no half of it.
    numbers = [van.client.issue(command, fact=not van.client.is_live) for command in commands]
    for number, command in zip(numbers, commands, strict=True):
        verdict = await van.client.verdict(number)
        told = f"{stop.view.number} {type(command).__name__}"
        if isinstance(verdict, Rejected):
            # Somebody at the office has to look at it; saying it again would not change that.
            refused[stop.delivery.id, stop.kind] = str(verdict.rejection)
            print(f"{told}: refused, {verdict.rejection}", flush=True)
        else:
            print(f"{told}: {', '.join(verdict.warnings) or 'done'}", flush=True)


async def _something_new(van: Van) -> None:
    """Wait until the run changed; a picture that has arrived counts too, within a second."""
    changes = van.client.changes(van.channel)
    try:
        async with asyncio.timeout(1.0):
            await anext(changes)
    except TimeoutError:
        pass
    finally:
        await changes.aclose()


async def run(asked: argparse.Namespace) -> None:
    """Work until interrupted, or until everything is done and sent."""
    wallet = Wallet(asked.address, asked.folder / "driver.json")
    if asked.code and not wallet.is_paired:
        await wallet.pair(asked.code, "driver.py")
    outbox = SqliteOutbox(asked.folder / "driver.outbox", fresh_id)
    pictures = Pictures(asked.folder / "driver.pictures")

    async def send(method: str, path: str, body: bytes, media_type: str) -> Answer:
        answer = await ask(
            asked.address, method, path, body, headers=wallet.bearer.headers, media_type=media_type
        )
        if answer.status == UNAUTHENTICATED:
            await wallet.renew()
        return answer

    doors = Doors(
        photo=asked.photo.read_bytes() if asked.photo else b"",
        nobody_home=frozenset(asked.nobody_home),
        parking=asked.parking,
    )
    socket = _socket(asked.address)
    async with connect(socket, wallet.bearer, outbox=outbox, renew=wallet.renew) as client:
        van = Van(client, pictures, doors, f"driver:{wallet.tokens.driver_id}", asyncio.Event())
        carrying = asyncio.create_task(keep_carrying(pictures, send, van.added))
        try:
            await drive(van, until_done=asked.until_done)
        finally:
            carrying.cancel()
    for upload_id, why in pictures.refused().items():
        print(f"picture {upload_id} was not taken: {why}", flush=True)


def _socket(address: str) -> str:
    parts = urlsplit(address)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, "/v1/realtime", "", ""))


def main() -> int:
    """Run until interrupted; answers 1 when there is no way in."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("address", help="of the server, as https://board.example")
    parser.add_argument("--code", default="", help="from the back office; needed once")
    parser.add_argument("--folder", type=Path, default=Path(), help="where things are kept")
    parser.add_argument("--photo", type=Path, help="the picture taken at each door")
    parser.add_argument("--nobody-home", type=int, action="append", default=[], metavar="ORDER")
    parser.add_argument("--parking", type=int, default=0, help="paid at each stop, in cents")
    parser.add_argument("--until-done", action="store_true", help="end when nothing is left")
    asked = parser.parse_args()
    try:
        asyncio.run(run(asked))
    except KanvoyError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
