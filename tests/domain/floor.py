"""A whole floor on one order: clerks, dispatchers and drivers who do anything, also at once."""

from collections.abc import Callable, Iterator

import msgspec
from hypothesis import strategies as st

from protocols.commands import (
    AddLines,
    CancelOrder,
    MoveOrder,
    NewLine,
    OrderCommand,
    RemoveLine,
    SetQuantity,
)
from protocols.deliveries import (
    AssignDriver,
    CancelDelivery,
    MergeDeliveries,
    ReopenDelivery,
    SettleClaim,
    SplitDelivery,
)
from protocols.facts import AnswerProposal, CollectDelivery, CompleteDelivery, FailDelivery
from protocols.values import Handed, Take
from protocols.vocabulary import ClaimId, DeliveryId, Instant, LineId, Number, Version
from server.domain.asked import Asked
from server.domain.decision import Accepted, Refused
from server.domain.orders.allocation import brought
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Delivery
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import line_of
from server.domain.orders.state import Order
from server.domain.orders.undo import decide_undo
from tests.support.builders import NOW, a_world, an_actor
from tests.support.roads import ANA, ORDER, TOM, a_driver_actor

STAGES = ("confirmed", "ready", "in-transit", "delivered", "failed", "cancelled")


class Act(msgspec.Struct, frozen=True):
    """Something somebody tries: what it is, about which things, and how old their screen is."""

    name: str
    which: int
    much: int
    lag: int
    insists: bool = False


class Floor:
    """One order, and everything that was done to it."""

    def __init__(self, order: Order) -> None:
        """Begin with this order."""
        self.order = order
        self.done: list[tuple[tuple[OrderEvent, ...], Version]] = []
        self.believed = False
        """Whether a late word was believed: then a person has decided what was handed over."""

    def take(self, act: Act) -> Accepted[OrderEvent] | Refused:
        """Let somebody try; what was accepted has happened then."""
        turn = len(self.done)
        if act.name == "undo":
            decision = self._undone(act)
        else:
            command, asked = _ASKED[act.name](self.order, act, turn)
            decision = decide(self.order, command, asked, a_world(self.order))
        if isinstance(decision, Accepted) and decision.events:
            version = Version(self.order.version + 1)
            stamp = _clerk(self.order, act).touch(version)
            self.order = evolve(self.order, decision.events, stamp)
            self.done.append((decision.events, version))
            self.believed |= act.name == "settle"
        return decision

    def _undone(self, act: Act) -> Accepted[OrderEvent] | Refused:
        if not self.done:
            return Accepted()
        events, version = self.done[-1 - act.which % len(self.done)]
        asked = _clerk(self.order, act)
        return decide_undo(self.order, events, version, asked, a_world(self.order), Number(1))


_OFTEN = ("split", "merge", "count", "give", "collect", "undo")


def acts() -> st.SearchStrategy[list[Act]]:
    """A day on the floor."""
    act = st.builds(
        Act,
        name=st.sampled_from([*_OFTEN, *_OFTEN, *_OFTEN, *_ASKED]),
        which=st.integers(0, 5),
        much=st.integers(1, 7),
        lag=st.sampled_from([0, 0, 0, 0, 1, 3]),
        insists=st.booleans(),
    )
    return st.lists(act, max_size=16)


def _clerk(order: Order, act: Act) -> Asked:
    base = Version(max(0, order.version - act.lag))
    over = order.version if act.insists else Version(0)
    now = Instant(NOW + order.version)
    return Asked(actor=an_actor(), now=now, base_version=base, over=over)


def _phone(order: Order, act: Act) -> Asked:
    """The driver of the delivery, or the other one; online or late."""
    driver_id = _delivery(order, act).driver_id or TOM
    if act.lag == 1:
        driver_id = TOM if driver_id == ANA else ANA
    actor = a_driver_actor(driver_id)
    return Asked(actor=actor, now=Instant(NOW + order.version), fact=act.lag > 0)


def _delivery(order: Order, act: Act) -> Delivery:
    return order.deliveries[act.which % len(order.deliveries)]


def _line(order: Order, act: Act) -> LineId:
    known = [line.id for line in order.lines] or [LineId("line-1")]
    return known[(act.which + act.much) % len(known)]


Asking = tuple[OrderCommand, Asked]


def _split(order: Order, act: Act, turn: int) -> Asking:
    take = (Take(line_id=_line(order, act), quantity=act.much),)
    new = DeliveryId(f"del-{turn + 10}")
    of = _delivery(order, act).id
    command = SplitDelivery(order_id=ORDER, delivery_id=of, new_id=new, take=take)
    return command, _clerk(order, act)


def _merge(order: Order, act: Act, turn: int) -> Asking:
    other = order.deliveries[(act.which + act.much) % len(order.deliveries)].id
    into = _delivery(order, act).id
    return MergeDeliveries(order_id=ORDER, into_id=into, from_ids=(other,)), _clerk(order, act)


def _drop(order: Order, act: Act, turn: int) -> Asking:
    gone = _delivery(order, act).id
    return CancelDelivery(order_id=ORDER, delivery_id=gone, reason="x"), _clerk(order, act)


def _count(order: Order, act: Act, turn: int) -> Asking:
    line_id = _line(order, act)
    return SetQuantity(order_id=ORDER, line_id=line_id, quantity=act.much), _clerk(order, act)


def _add(order: Order, act: Act, turn: int) -> Asking:
    """Clients name lines; a name that was free once may come again."""
    line_id = LineId(f"line-{1 + act.which % 4}")
    line = NewLine(line_id=line_id, name="Lamp", quantity=act.much, unit_price=100)
    return AddLines(order_id=ORDER, lines=[line]), _clerk(order, act)


def _remove(order: Order, act: Act, turn: int) -> Asking:
    return RemoveLine(order_id=ORDER, line_id=_line(order, act)), _clerk(order, act)


def _give(order: Order, act: Act, turn: int) -> Asking:
    of = _delivery(order, act)
    to = (ANA, TOM, None)[act.much % 3]
    command = AssignDriver(
        order_id=ORDER, from_driver=of.driver_id, to_driver=to, delivery_id=of.id
    )
    return command, _clerk(order, act)


def _move(order: Order, act: Act, turn: int) -> Asking:
    to = STAGES[act.much % len(STAGES)]
    command = MoveOrder(order_id=ORDER, from_stage=order.stage_id, to_stage=to, note="x")
    return command, _clerk(order, act)


def _cancel(order: Order, act: Act, turn: int) -> Asking:
    return CancelOrder(order_id=ORDER, reason="x"), _clerk(order, act)


def _collect(order: Order, act: Act, turn: int) -> Asking:
    of = _delivery(order, act)
    command = CollectDelivery(order_id=ORDER, delivery_id=of.id, epoch=of.epoch, at=NOW)
    return command, _phone(order, act)


def _complete(order: Order, act: Act, turn: int) -> Asking:
    """Everything was handed over, or one piece of something less."""
    of = _delivery(order, act)
    brings = brought(order, of)
    if act.much % 2 and brings:
        first = next(iter(brings))
        brings = {**brings, first: brings[first] - 1}
    handed = tuple(Handed(line_id=i, quantity=n) for i, n in brings.items())
    command = CompleteDelivery(
        order_id=ORDER,
        delivery_id=of.id,
        epoch=of.epoch,
        at=NOW,
        shown_version=order.version,
        handed=handed or (Handed(line_id=LineId("line-1"), quantity=1),),
        reason="short",
        rest_id=DeliveryId(f"rest-{turn}"),
    )
    return command, _phone(order, act)


def _fail(order: Order, act: Act, turn: int) -> Asking:
    of = _delivery(order, act)
    command = FailDelivery(
        order_id=ORDER, delivery_id=of.id, epoch=of.epoch, at=NOW, reason="nobody_home"
    )
    return command, _phone(order, act)


def _again(order: Order, act: Act, turn: int) -> Asking:
    return ReopenDelivery(order_id=ORDER, delivery_id=_delivery(order, act).id), _clerk(order, act)


def _settle(order: Order, act: Act, turn: int) -> Asking:
    claim = order.claims[act.which % len(order.claims)].id if order.claims else ClaimId("none")
    command = SettleClaim(order_id=ORDER, claim_id=claim, accept=bool(act.much % 3))
    return command, _clerk(order, act)


def _answer(order: Order, act: Act, turn: int) -> Asking:
    of = next((each for each in order.deliveries if each.proposal), _delivery(order, act))
    quantities = of.proposal.quantities if of.proposal else ()
    command = AnswerProposal(
        order_id=ORDER,
        delivery_id=of.id,
        epoch=of.epoch,
        proposal_id=of.proposal.id if of.proposal else "none",
        accepted=tuple(f"quantity:{each.line_id}" for each in quantities[: act.much]),
        at=NOW,
    )
    actor = a_driver_actor(of.driver_id or ANA)
    return command, Asked(actor=actor, now=Instant(NOW + order.version))


_ASKED: dict[str, Callable[[Order, Act, int], Asking]] = {
    "split": _split,
    "merge": _merge,
    "drop": _drop,
    "count": _count,
    "add": _add,
    "remove": _remove,
    "give": _give,
    "move": _move,
    "cancel": _cancel,
    "collect": _collect,
    "complete": _complete,
    "fail": _fail,
    "again": _again,
    "settle": _settle,
    "answer": _answer,
}


def unsound(order: Order) -> list[str]:
    """What is wrong with who brings what; nothing, at every version. [AL]

    Counted over all deliveries, open, done and failed alike: what was handed over is what that
    delivery brought, and what failed is still its own until somebody plans it again.
    """
    wrong = []
    for line in order.lines:
        brings = [brought(order, each).get(line.id, 0) for each in order.deliveries]
        if sum(brings) != line.quantity:
            wrong.append(f"{line.id}: {brings} of {line.quantity}")
    if sum(each.allocations is None for each in order.deliveries) > 1:
        wrong.append("two rests")
    for what in ("position", "id"):
        values = [getattr(each, what) for each in order.deliveries]
        if len(values) != len({*values}):
            wrong.append(f"{what}s: {values}")
    for each in order.deliveries:
        wrong += _unsound_takes(order, each)
    return wrong


def _unsound_takes(order: Order, delivery: Delivery) -> Iterator[str]:
    takes = delivery.allocations or ()
    lines = [take.line_id for take in takes]
    if len(lines) != len({*lines}) or any(line_of(order, each) is None for each in lines):
        yield f"{delivery.id}: takes {lines}"
    if any(take.quantity <= 0 for take in takes):
        yield f"{delivery.id}: nothing of something"


def miscounted(order: Order) -> list[str]:
    """The deliveries that handed over something else than they brought, by their drivers' word."""
    return [
        f"{each.id}: handed {each.handed}, brought {brought(order, each)}"
        for each in order.deliveries
        if each.handed is not None
        and {handed.line_id: handed.quantity for handed in each.handed} != brought(order, each)
    ]
