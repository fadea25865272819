"""What a driver's phone might say, looking at its own stops, some of which are old news."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import kanvoy_client._wire.facts as say
from kanvoy_client._wire.values import Handed, Proof

if TYPE_CHECKING:
    from tests.simulation.player import Player

Chance = random.Random
Stop = Any
Said = Any

_MONDAY = 1_795_000_000_000


def a_fact(chance: Chance, player: "Player") -> tuple[Said, int]:
    """Something about a stop, and the version the phone shows.

    Now and then about a stop that was here before, or in an epoch that is over; of a phone that
    has shown no stop yet, about one that it cannot know.
    """
    run = player.channel(f"driver:{player.actor.driver_id}")
    held = sorted(run.items.items(), key=lambda pair: pair[0].id) if run is not None else []
    for key, each in held:
        player.stops[key.id] = (each.view, each.version)
    view, version = player.stops[chance.choice(sorted(player.stops))] if player.stops else (None, 0)
    if view is None or not view.deliveries:
        order_id = f"order-{chance.randrange(7)}"
        stop = {"order_id": order_id, "delivery_id": f"{order_id}-d1", "epoch": 1}
        return _collect(chance, stop), version
    delivery = chance.choice(view.deliveries)
    epoch = delivery.epoch if chance.random() > 0.1 else max(0, delivery.epoch - 1)
    stop = {"order_id": view.id, "delivery_id": delivery.id, "epoch": epoch}
    kinds: list[tuple[int, Callable[..., Said]]] = [
        (8, _read),
        (6, _collect),
        (2, _arrive),
        (5, _complete),
        (2, _fail),
        (2, _prove),
        (1, _pay),
        (4, _answer),
    ]
    (kind,) = chance.choices([k for _, k in kinds], weights=[w for w, _ in kinds])
    return kind(chance, stop, delivery, version), version


def _at(chance: Chance) -> int:
    return _MONDAY + chance.randrange(3_600_000)


def _read(chance: Chance, stop: Stop, _: Any, version: int) -> Said:
    word = chance.choice(("delivered", "seen", "acknowledged", "acknowledged"))
    return say.AcknowledgeStop(**stop, version=version, receipt=word, at=_at(chance))


def _collect(chance: Chance, stop: Stop, *_: Any) -> Said:
    return say.CollectDelivery(**stop, at=_at(chance))


def _arrive(chance: Chance, stop: Stop, *_: Any) -> Said:
    return say.ArriveDelivery(**stop, at=_at(chance))


def _complete(chance: Chance, stop: Stop, delivery: Any, version: int) -> Said:
    """Everything the screen shows, or one piece less of something."""
    less = chance.random() < 0.3
    handed = [Handed(line_id=line.line_id, quantity=line.quantity) for line in delivery.lines]
    if not handed:
        return _arrive(chance, stop)
    if less:
        handed[0] = Handed(line_id=handed[0].line_id, quantity=max(0, handed[0].quantity - 1))
    return say.CompleteDelivery(
        **stop,
        at=_at(chance),
        shown_version=version,
        handed=tuple(handed),
        reason="one was broken" if less else "",
        rest_id=f"{stop['delivery_id'][:40]}-{chance.getrandbits(24):06x}" if less else None,
        proofs=(_proof(chance),),
    )


def _fail(chance: Chance, stop: Stop, *_: Any) -> Said:
    return say.FailDelivery(**stop, at=_at(chance), reason="nobody_home", note="")


def _prove(chance: Chance, stop: Stop, *_: Any) -> Said:
    return say.AddProof(**stop, proof=_proof(chance))


def _pay(chance: Chance, stop: Stop, *_: Any) -> Said:
    return say.ReportExpense(
        **stop,
        expense_id=f"expense-{chance.randrange(20)}",
        expense="toll",
        amount=chance.randrange(900),
        at=_at(chance),
    )


def _answer(chance: Chance, stop: Stop, delivery: Any, version: int) -> Said:
    proposal = delivery.proposal
    if proposal is None:
        return _read(chance, stop, delivery, version)
    asked = [f"quantity:{each.line_id}" for each in proposal.quantities]
    accepted = tuple(each for each in asked if chance.random() < 0.7)
    return say.AnswerProposal(**stop, proposal_id=proposal.id, accepted=accepted, at=_at(chance))


def _proof(chance: Chance) -> Proof:
    return Proof(id=f"proof-{chance.getrandbits(32):08x}", kind="name", at=_at(chance), text="Rosa")
