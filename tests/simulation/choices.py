"""What a player might ask for, looking at its own screen."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import kanvoy_client._wire.commands as ask
import kanvoy_client._wire.deliveries as plan
from kanvoy_client._wire.values import Address, PercentOff, Take, Window

if TYPE_CHECKING:
    from tests.simulation.player import Player

ORDERS = 7
STAGES = ("new", "confirmed", "preparing", "ready", "in-transit")
DRIVERS = ("driver-1", "driver-2", None)

Chance = random.Random
Card = Any


def a_command(chance: Chance, player: "Player") -> tuple[ask.Command, int]:
    """A command and the version of its order that the player sees; 0 for a new one."""
    order_id = f"order-{chance.randrange(ORDERS)}"
    board = player.channel("board")
    held = next((h for k, h in board.items.items() if k.id == order_id), None) if board else None
    if held is None:
        return (_create(chance, order_id), 0) if chance.random() < 0.8 else (_restore(order_id), 0)
    if chance.random() < 0.06 and player.outbox.last_number:
        return ask.Undo(undone=chance.randint(1, player.outbox.last_number)), held.version
    if chance.random() < 0.06:
        return _bulk(chance, player), 0
    return _edit(chance, held.view), held.version


def _create(chance: Chance, order_id: str) -> ask.Command:
    return ask.CreateOrder(
        order_id=order_id,
        delivery_id=f"{order_id}-d1",
        customer_id="alfreds",
        lines=[ask.NewLine(line_id="line-1", product_id="chai", quantity=chance.randint(1, 9))],
        driver_id=chance.choice(DRIVERS),
    )


def _restore(order_id: str) -> ask.Command:
    return ask.RestoreOrder(order_id=order_id)


def _bulk(chance: Chance, player: "Player") -> ask.Command:
    board = player.channel("board")
    assert board is not None
    cards = sorted(
        ((k.id, h) for k, h in board.items.items() if k.kind == "order"), key=lambda p: p[0]
    )
    chosen = chance.sample(cards, min(3, len(cards)))
    return ask.RunBulk(
        mode=chance.choice(("best_effort", "all_or_nothing")),
        dry_run=chance.random() < 0.2,
        items=[
            ask.BulkItem(command=_move(chance, held.view), base_version=held.version)
            for _, held in chosen
        ],
    )


def _edit(chance: Chance, card: Card) -> ask.Command:
    edits: list[tuple[int, Callable[[Chance, Card], ask.Command]]] = [
        (30, _move),
        (8, _reorder),
        (10, _quantity),
        (8, _priority),
        (8, _address),
        (8, _note),
        (10, _assign),
        (3, _stop),
        (5, _split),
        (3, _merge),
        (1, _drop),
        (5, _labels),
        (4, _window),
        (3, _discount),
        (3, _hold),
        (2, _release),
        (2, _cancel),
        (3, _delete),
        (1, _archive),
    ]
    (edit,) = chance.choices([e for _, e in edits], weights=[w for w, _ in edits])
    return edit(chance, card)


def _move(chance: Chance, card: Card) -> ask.MoveOrder:
    return ask.MoveOrder(
        order_id=card.id,
        from_stage=card.stage_id,
        to_stage=chance.choice(STAGES),
        after_id=f"order-{chance.randrange(ORDERS)}" if chance.random() < 0.4 else None,
        before_id=f"order-{chance.randrange(ORDERS)}" if chance.random() < 0.4 else None,
    )


def _reorder(chance: Chance, card: Card) -> ask.Command:
    return ask.ReorderOrder(order_id=card.id, after_id=f"order-{chance.randrange(ORDERS)}")


def _quantity(chance: Chance, card: Card) -> ask.Command:
    return ask.SetQuantity(order_id=card.id, line_id="line-1", quantity=chance.randint(1, 9))


def _priority(chance: Chance, card: Card) -> ask.Command:
    return ask.SetPriority(order_id=card.id, priority=chance.choice((0, 1, 2, 3)))


def _address(chance: Chance, card: Card) -> ask.Command:
    address = Address(street=f"Street {chance.randrange(5)}", city="Berlin")
    which = chance.choice(("shipping", "billing"))
    return ask.SetAddress(order_id=card.id, which=which, address=address)


def _note(chance: Chance, card: Card) -> ask.Command:
    return ask.AddNote(
        order_id=card.id,
        note_id=f"note-{chance.getrandbits(32):08x}",
        text=f"note {chance.randrange(100)}",
        for_driver=chance.random() < 0.5,
    )


def _assign(chance: Chance, card: Card) -> ask.Command:
    return ask.AssignDriver(
        order_id=card.id, from_driver=card.driver_id, to_driver=chance.choice(DRIVERS)
    )


def _part(chance: Chance, card: Card) -> str:
    """A delivery of the card that may be there; parts have few names, so that people meet."""
    return f"{card.id}-d{chance.choice((1, 1, 2, 3))}"


def _stop(chance: Chance, card: Card) -> ask.Command:
    neighbour = f"order-{chance.randrange(ORDERS)}-d1"
    return plan.MoveStop(order_id=card.id, delivery_id=f"{card.id}-d1", after_id=neighbour)


def _split(chance: Chance, card: Card) -> ask.Command:
    return plan.SplitDelivery(
        order_id=card.id,
        delivery_id=_part(chance, card),
        new_id=f"{card.id}-d{chance.randint(2, 4)}",
        take=(Take(line_id="line-1", quantity=chance.randint(1, 3)),),
    )


def _merge(chance: Chance, card: Card) -> ask.Command:
    return plan.MergeDeliveries(
        order_id=card.id, into_id=f"{card.id}-d1", from_ids=(f"{card.id}-d{chance.randint(2, 4)}",)
    )


def _drop(chance: Chance, card: Card) -> ask.Command:
    return plan.CancelDelivery(order_id=card.id, delivery_id=_part(chance, card), reason="together")


def _labels(chance: Chance, card: Card) -> ask.Command:
    return ask.ChangeLabels(order_id=card.id, add=["fragile"], remove=["urgent"])


def _window(chance: Chance, card: Card) -> ask.Command:
    opens = 1_795_000_000_000 + chance.randrange(10) * 3_600_000
    return ask.SetWindow(
        order_id=card.id,
        delivery_id=f"{card.id}-d1",
        window=Window(opens=opens, closes=opens + 7_200_000),
    )


def _discount(chance: Chance, card: Card) -> ask.Command:
    return ask.SetDiscount(
        order_id=card.id,
        discount_id="discount-1",
        reduction=PercentOff(basis_points=chance.randrange(0, 3_000)),
    )


def _hold(chance: Chance, card: Card) -> ask.Command:
    return ask.HoldOrder(order_id=card.id, reason=f"reason {chance.randrange(3)}")


def _release(chance: Chance, card: Card) -> ask.Command:
    return ask.ReleaseOrder(order_id=card.id)


def _cancel(chance: Chance, card: Card) -> ask.Command:
    return ask.CancelOrder(order_id=card.id, reason="changed their mind")


def _delete(chance: Chance, card: Card) -> ask.Command:
    return ask.DeleteOrder(order_id=card.id)


def _archive(chance: Chance, card: Card) -> ask.Command:
    return ask.ArchiveOrder(order_id=card.id)
