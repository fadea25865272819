"""Schedules played by hand, for what chance is too unlikely to find. Each can try other parts."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from kanvoy_client._wire.commands import (
    AddNote,
    ChangeLabels,
    Command,
    CreateOrder,
    NewLine,
    SetPriority,
)
from kanvoy_client.codec import decode

from protocols.from_client import FromClient
from protocols.handshake import App, Hello, Wanted
from protocols.vocabulary import AggregateId, ClientId, Epoch, Version
from tests.simulation.cable import Cable
from tests.simulation.player import Player
from tests.simulation.process import Process
from tests.simulation.scene import Parts, Scene
from tests.support.nodes import TENANT, an_actor

HONEST = Parts()


class Told(msgspec.Struct, kw_only=True):
    """What a hand-played schedule showed."""

    resynced: list[str] = []
    """Why the reader in question had to start over."""
    inventor: list[str] = []
    """The kinds of messages an inventor of cursors got."""
    others: list[str] = []
    """The kinds of messages everybody else got meanwhile."""
    epoch: Epoch = Epoch(1)


def fork_behind_a_resume(parts: Parts = HONEST, *, later: int = 4) -> Told:
    """Anna saw two rows that a failover lost; others wrote `later` rows before she comes back.

    With 2 her cursor is at the head's own sequence, with 4 it lies behind: two different checks.
    """
    scene = Scene(1, parts)

    async def script() -> Told:
        first = scene.start_process()
        anna = scene.invite("anna", an_actor("Anna"), ("board",))
        ben = scene.invite("ben", an_actor("Ben"), ("board",))
        anna.connect(first)
        for command in (*_orders(3), *_notes(4)):
            await _done(scene, anna, command)
        await scene.until(lambda: _is_at_head(scene, anna))
        anna.drop()
        first.crash()
        scene.store.rollback(TENANT, 2)
        second = scene.start_process()
        ben.connect(second)
        for n in range(later):
            await _done(scene, ben, SetPriority(order_id="order-1", priority=n % 3 + 1))
        anna.connect(second)
        await scene.quiet()
        return Told(resynced=anna.resynced, epoch=scene.store.place(TENANT).epoch)

    return _judged(scene, script)


def fork_behind_a_hint(parts: Parts = HONEST) -> Told:
    """Ben's node shows a row that a failover lost; the hint of its successor's successor arrives.

    Its sequence is the next one, only its previous nonce is of another history.
    """
    scene = Scene(2, parts)

    async def script() -> Told:
        anna, ben, _ = await _cut_off(scene)
        await _stored(scene, ben, SetPriority(order_id="order-0", priority=3))
        scene.store.rollback(TENANT, 1)
        scene.bus.loss = 0.0
        await _stored(scene, anna, SetPriority(order_id="order-1", priority=3))
        await _stored(scene, anna, SetPriority(order_id="order-2", priority=3))
        await scene.quiet()
        return Told(resynced=ben.resynced, epoch=scene.store.place(TENANT).epoch)

    return _judged(scene, script)


def fork_under_a_resume(parts: Parts = HONEST) -> Told:
    """Anna has seen what took the place of two lost rows, and comes to a node that holds them.

    The journal vouches for her cursor, and the node's next row follows none of hers.
    """
    scene = Scene(7, parts)

    async def script() -> Told:
        anna, there = await _replaced(scene)
        anna.connect(there)
        await scene.quiet()
        return Told(resynced=anna.resynced, epoch=scene.store.place(TENANT).epoch)

    return _judged(scene, script)


def fork_under_a_first_look(parts: Parts = HONEST) -> Told:
    """As before, but Anna has loaded her page again and names no cursor."""
    scene = Scene(8, parts)

    async def script() -> Told:
        anna, there = await _replaced(scene)
        anna.reload()
        anna.connect(there)
        await scene.until(lambda: _has_board(anna), every=0.01)
        shown = anna.channel("board")
        assert shown is not None
        order = next(held.view for key, held in shown.items.items() if key.id == "order-1")
        told = Told(others=[str(order.priority)])
        await scene.quiet()
        return told

    return _judged(scene, script)


def invented_cursors(cursor: str, parts: Parts = HONEST) -> Told:
    """Somebody asks for the board from a place that never was, while Anna looks at it."""
    scene = Scene(3, parts)

    async def script() -> Told:
        process = scene.start_process()
        anna = scene.invite("anna", an_actor("Anna"), ("board",))
        anna.connect(process)
        for command in (*_orders(3), *_notes(3)):
            await _done(scene, anna, command)
        await scene.until(lambda: _is_at_head(scene, anna))
        anna.heard.clear()
        cable = process.accept(an_actor("Mallory"), "mallory-1", "json")
        _say(cable, _hello_from(cursor))
        await asyncio.sleep(0.9)
        told = [decode("json", payload) for payload in cable.take(100)]
        kinds = [str(message.__struct_config__.tag) for message in told if message is not None]
        epoch = scene.store.place(TENANT).epoch
        # The heartbeat goes on whatever happens.
        others = [kind for kind in anna.heard if kind != "ping"]
        return Told(inventor=kinds, others=others, epoch=epoch)

    return _judged(scene, script)


def there_and_back(parts: Parts = HONEST) -> Told:
    """A value goes there and back within one frame of a busy node; Anna stands in the middle."""
    scene = Scene(1, parts)

    async def script() -> Told:
        busy, quick = scene.start_process(), scene.start_process()
        anna = scene.invite("anna", an_actor("Anna"), ("board",))
        ben = scene.invite("ben", an_actor("Ben"), ("board",))
        cleo = scene.invite("cleo", an_actor("Cleo"), ("board",))
        quick.busyness = 0.0
        for player, process in ((anna, quick), (ben, quick), (cleo, busy)):
            player.connect(process)
        for command in _orders(2):
            await _done(scene, ben, command)
        await scene.until(lambda: all(_is_at_head(scene, p) for p in scene.players))
        busy.busyness = 60.0
        await _done(scene, ben, SetPriority(order_id="order-0", priority=3))
        await scene.until(lambda: _is_at_head(scene, anna), every=0.05)
        anna.drop()
        await _done(scene, ben, SetPriority(order_id="order-0", priority=1))
        await asyncio.sleep(1.0)
        anna.connect(busy)
        await scene.quiet()
        return Told(resynced=anna.resynced)

    return _judged(scene, script)


def loaded_again(parts: Parts = HONEST) -> Told:
    """Anna loads her page again and comes to a node that heard nothing of what she has seen."""
    scene = Scene(6, parts)

    async def script() -> Told:
        anna, _, there = await _cut_off(scene)
        await _done(scene, anna, SetPriority(order_id="order-0", priority=3))
        await scene.until(lambda: _is_at_head(scene, anna), every=0.05)
        anna.drop()
        anna.reload()
        anna.connect(there)
        await scene.quiet()
        return Told(resynced=anna.resynced)

    return _judged(scene, script)


def answered_elsewhere(parts: Parts = HONEST) -> Told:
    """Anna's command waits in a stalled node while another answers it and forgets the answer.

    When the stall ends, only the client's last number says that the command is done.
    """
    scene = Scene(4, parts)

    async def script() -> Told:
        stalled, other = scene.start_process(), scene.start_process()
        anna = scene.invite("anna", an_actor("Anna"), ("board",))
        ben = scene.invite("ben", an_actor("Ben"), ("board",))
        anna.connect(stalled)
        ben.connect(other)
        for command in _orders(2):
            await _done(scene, anna, command)
        stalled.stall(8.0)
        number = anna.submit(ChangeLabels(order_id="order-0", add=["fragile"]), base_version=1)
        anna.drop()
        anna.connect(other)
        await scene.until(lambda: number in anna.answers, "an answer elsewhere", every=0.05)
        anna.drop()
        anna.connect(other)
        await _done(scene, ben, ChangeLabels(order_id="order-0", remove=["fragile"]))
        await asyncio.sleep(10.0)
        await scene.quiet()
        return Told(epoch=scene.store.place(TENANT).epoch)

    return _judged(scene, script)


async def _cut_off(scene: Scene) -> tuple[Player, Player, Process]:
    """Anna and Ben at the same place, on two nodes that no longer hear each other; Ben's node."""
    here, there = scene.start_process(), scene.start_process()
    anna = scene.invite("anna", an_actor("Anna"), ("board",))
    ben = scene.invite("ben", an_actor("Ben"), ("board",))
    anna.connect(here)
    ben.connect(there)
    for command in (*_orders(3), *_notes(3)):
        await _done(scene, anna, command)
    await scene.until(lambda: _is_at_head(scene, anna) and _is_at_head(scene, ben))
    await _after_the_beat(scene)
    scene.bus.loss = 1.0
    return anna, ben, there


def _judged(scene: Scene, script: Callable[[], Awaitable[Told]]) -> Told:
    async def play() -> Told:
        told = await script()
        scene.look_for_trouble()
        scene.judge()
        return told

    return scene.play(play)


def _orders(count: int) -> list[Command]:
    line = NewLine(line_id="line-1", product_id="chai", quantity=2)
    return [
        CreateOrder(
            order_id=f"order-{n}",
            delivery_id=f"order-{n}-d1",
            customer_id="alfreds",
            lines=[line],
        )
        for n in range(count)
    ]


def _notes(count: int) -> list[Command]:
    return [AddNote(order_id="order-0", note_id=f"note-{n}", text="ring") for n in range(count)]


async def _replaced(scene: Scene) -> tuple[Player, Process]:
    """Anna has seen what took the place of two lost rows, and is gone; a node that holds those."""
    anna, ben, there = await _cut_off(scene)
    for priority in (3, 1):
        await _stored(scene, ben, SetPriority(order_id="order-0", priority=priority))
    scene.store.rollback(TENANT, 2)
    await _stored(scene, anna, SetPriority(order_id="order-1", priority=3))
    await scene.until(lambda: _is_at_head(scene, anna), every=0.01)
    anna.drop()
    return anna, there


async def _done(scene: Scene, player: Player, command: Command) -> None:
    number = player.submit(command, base_version=_version(scene, command))
    await scene.until(lambda: number in player.answers, f"answer to {number}", every=0.05)


async def _stored(scene: Scene, player: Player, command: Command) -> None:
    """As `_done`, but without waiting for the answer: the next beat must not come in between."""
    before = scene.store.place(TENANT).sequence
    player.submit(command, base_version=_version(scene, command))
    await scene.until(lambda: scene.store.place(TENANT).sequence > before, "a row", every=0.001)


def _version(scene: Scene, command: Command) -> Version:
    """What somebody sees whose screen is up to date."""
    return scene.store.version(TENANT, AggregateId(getattr(command, "order_id", "")))


async def _after_the_beat(scene: Scene) -> None:
    await asyncio.sleep(1.05 - scene.loop.time() % 1.0)


def _is_at_head(scene: Scene, player: Player) -> bool:
    board = player.channel("board")
    head = scene.store.place(TENANT)
    return board is not None and board.cursor is not None and board.cursor.nonce == head.nonce


def _has_board(player: Player) -> bool:
    board = player.channel("board")
    return board is not None and board.whole and board.cursor is not None


def _say(cable: Cable, message: FromClient) -> None:
    cable.hear(msgspec.json.encode(message))


def _hello_from(cursor: str) -> Hello:
    return Hello(
        protocol=(1, 1),
        client_id=ClientId("client-mallory"),
        app=App(kind="sdk"),
        subscriptions=[Wanted(channel="board", cursor=cursor)],
    )
