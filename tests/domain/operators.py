"""Two operators and two drivers who do anything to a few orders, for the property tests."""

from collections.abc import Callable

import msgspec
from hypothesis import strategies as st

from protocols.commands import (
    AddLines,
    AddNote,
    ArchiveOrder,
    AssignCsr,
    CancelOrder,
    ChangeLabels,
    CopyOrder,
    CreateOrder,
    DeleteOrder,
    FlagReview,
    HoldOrder,
    MoveOrder,
    NewLine,
    OrderCommand,
    ReleaseOrder,
    RemoveDiscount,
    RemoveLine,
    RemoveNote,
    ReorderOrder,
    RestoreOrder,
    SetAddress,
    SetCharge,
    SetCustom,
    SetCustomer,
    SetDiscount,
    SetPayment,
    SetPrice,
    SetPriority,
    SetQuantity,
    SetWindow,
)
from protocols.deliveries import AssignDriver
from protocols.values import Address, AmountOff, Party, PercentOff, Window
from protocols.vocabulary import DriverId, Instant, OrderId, PersonId, Rank, Version
from server.domain.actor import Actor
from server.domain.asked import Asked
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.events import OrderEvent
from server.domain.orders.evolve import evolve
from server.domain.orders.state import Hold, Order
from tests.domain.dispatchers import plans, shapes
from tests.domain.drivers import ANA, TOM, aimed, facts, replies
from tests.support.builders import (
    NOW,
    DictWorld,
    a_delivery,
    a_discount,
    a_line,
    a_note,
    a_world,
    an_actor,
    an_order,
    at_stage,
)

ORDERS = (OrderId("ord-1"), OrderId("ord-2"), OrderId("ord-3"))
STAGES = ("new", "confirmed", "preparing", "ready", "in-transit", "delivered", "cancelled", "odd")
MEI, BEN = an_actor(), an_actor(id=PersonId("ben"), name="Ben", roles=("backoffice",))

orders = st.sampled_from((ORDERS[0], *ORDERS))
lines = st.sampled_from(["line-1", "line-2", "line-8", "line-9"])
discounts = st.sampled_from(["disc-1", "disc-2"])
notes = st.sampled_from(["note-1", "note-2"])
drivers = st.sampled_from([None, "ana", "ana", "tom", "nobody"])
people = st.sampled_from([None, "ben", "ben", "nobody"])
texts = st.sampled_from(["", "x", "yes"])
labels = st.lists(st.sampled_from(["urgent", "fragile", "odd"]), max_size=2)
reductions = st.one_of(
    st.builds(PercentOff, basis_points=st.sampled_from([0, 500, 9_000])),
    st.builds(AmountOff, amount=st.sampled_from([-1, 50, 10**6])),
)
windows = st.sampled_from(
    [
        None,
        Window(opens=Instant(1), closes=Instant(2)),
        Window(opens=Instant(2), closes=Instant(1)),
    ]
)
new_lines = st.builds(
    NewLine,
    line_id=lines,
    quantity=st.integers(1, 5),
    product_id=st.sampled_from(["prod-1", "prod-1", "prod-1", None, "prod-x"]),
    name=texts,
    unit_price=st.sampled_from([None, None, 700, 10**12]),
    discount=st.sampled_from([0, 500]),
)


def _moves() -> list[st.SearchStrategy[OrderCommand]]:
    neighbours = st.one_of(st.none(), orders)
    return [
        st.builds(
            MoveOrder,
            order_id=orders,
            from_stage=st.sampled_from(("new", "new", *STAGES[:6])),
            to_stage=st.sampled_from(("confirmed", "preparing", *STAGES)),
            after_id=neighbours,
            before_id=neighbours,
            note=texts,
        ),
        st.builds(ReorderOrder, order_id=orders, after_id=neighbours, before_id=neighbours),
    ]


def edits() -> st.SearchStrategy[OrderCommand]:
    """Any change of the content, words and marks of an order."""
    return st.one_of(
        st.builds(AddLines, order_id=orders, lines=st.lists(new_lines, min_size=1, max_size=2)),
        st.builds(
            SetQuantity, order_id=orders, line_id=lines, quantity=st.sampled_from([1, 7, 10**6])
        ),
        st.builds(SetPrice, order_id=orders, line_id=lines, unit_price=st.sampled_from([0, 9])),
        st.builds(RemoveLine, order_id=orders, line_id=lines),
        st.builds(
            SetDiscount,
            order_id=orders,
            discount_id=discounts,
            reduction=reductions,
            line_id=st.one_of(st.none(), lines),
        ),
        st.builds(RemoveDiscount, order_id=orders, discount_id=discounts),
        st.builds(SetCharge, order_id=orders, charge=st.just("service"), amount=st.integers(0, 9)),
        st.builds(SetCustomer, order_id=orders, customer=st.builds(Party, name=texts)),
        st.builds(
            SetAddress,
            order_id=orders,
            which=st.sampled_from(["shipping", "billing"]),
            address=st.builds(Address, city=texts),
        ),
        st.builds(SetWindow, order_id=orders, delivery_id=st.just("del-1"), window=windows),
        st.builds(SetPriority, order_id=orders, priority=st.integers(0, 3)),
        st.builds(SetPayment, order_id=orders, payment_method=st.sampled_from([None, "cash"])),
        st.builds(
            SetCustom, order_id=orders, key=st.sampled_from(["approved", "gate"]), value=texts
        ),
        st.builds(FlagReview, order_id=orders, reason=texts),
        st.builds(ChangeLabels, order_id=orders, add=labels, remove=labels),
        st.builds(AddNote, order_id=orders, note_id=notes, text=st.just("x")),
        st.builds(RemoveNote, order_id=orders, note_id=notes),
    )


def _care() -> list[st.SearchStrategy[OrderCommand]]:
    return [
        st.builds(AssignCsr, order_id=orders, from_csr=people, to_csr=people),
        st.builds(
            AssignDriver,
            order_id=orders,
            from_driver=drivers,
            to_driver=drivers,
            epoch=st.sampled_from([None, 0, 1]),
            pinned=st.booleans(),
        ),
        st.builds(HoldOrder, order_id=orders, reason=st.sampled_from(["a", "b"])),
        st.builds(ReleaseOrder, order_id=orders),
    ]


def _life() -> list[st.SearchStrategy[OrderCommand]]:
    return [
        st.builds(
            CreateOrder,
            order_id=orders,
            delivery_id=st.just("del-1"),
            customer_id=st.sampled_from([None, "cust-1"]),
            lines=st.lists(new_lines, max_size=2),
            driver_id=drivers,
        ),
        st.builds(
            CopyOrder,
            order_id=orders,
            copied_id=orders,
            delivery_id=st.just("del-1"),
            prices=st.sampled_from(["keep", "current"]),
        ),
        st.builds(CancelOrder, order_id=orders, reason=st.just("x")),
        st.builds(DeleteOrder, order_id=orders),
        st.builds(RestoreOrder, order_id=orders),
        st.builds(ArchiveOrder, order_id=orders),
    ]


def commands() -> st.SearchStrategy[OrderCommand]:
    """Any command, sensible or not."""
    return st.one_of(*_moves(), edits(), *_care(), *_life(), replies(), shapes(), plans())


class Turn(msgspec.Struct, frozen=True):
    """One command of one operator or driver, with how far behind their screen is."""

    actor: Actor
    command: OrderCommand
    lag: int = 0
    insists: bool = False
    fact: bool = False
    """It happened while the phone was offline."""


def turns(
    of: Callable[[], st.SearchStrategy[OrderCommand]] = commands,
) -> st.SearchStrategy[Turn]:
    """Commands of Mei and Ben who may look at old screens and may insist."""
    return st.builds(
        Turn,
        actor=st.sampled_from([MEI, BEN]),
        command=of(),
        lag=st.integers(0, 2),
        insists=st.booleans(),
    )


def trips() -> st.SearchStrategy[Turn]:
    """What Ana and Tom say, now or late."""
    return st.builds(
        Turn, actor=st.sampled_from([ANA, ANA, TOM]), command=facts(), fact=st.booleans()
    )


def days(most: int) -> st.SearchStrategy[list[Turn]]:
    """So many turns of operators and drivers at most, in any order."""
    return st.lists(st.one_of(turns(), turns(), trips()), max_size=most)


def a_desk() -> DictWorld:
    """A full new order and a delivered one on the board; a third id is free."""
    full = an_order(
        lines=(a_line(), a_line("line-2")),
        discounts=(a_discount(line="line-2"),),
        deliveries=(a_delivery(driver_id=DriverId("ana"), epoch=1, stop_rank=Rank("a0")),),
        notes=(a_note(),),
        hold=Hold(reason="a", by_id=BEN.id, by_name=BEN.name, at=NOW),
    )
    return a_world(full, at_stage(an_order("ord-2", number=1_002), "delivered", "done"))


def seen(turn: Turn, order: Order | None) -> Asked:
    """What the operator of a turn had seen of the order."""
    version = order.version if order is not None else 0
    return Asked(
        actor=turn.actor,
        now=Instant(NOW + version),
        base_version=Version(max(0, version - turn.lag)),
        over=Version(version if turn.insists else 0),
        fact=turn.fact,
    )


def take(world: DictWorld, turn: Turn) -> tuple[OrderEvent, ...] | None:
    """Let one operator have their turn; None when the rules refused."""
    order = world.order(turn.command.order_id)
    asked = seen(turn, order)
    decision = decide(order, aimed(turn.command, order), asked, world)
    if not isinstance(decision, Accepted):
        return None
    if decision.events:
        before = order.version if order is not None else 0
        world.put(evolve(order, decision.events, asked.touch(Version(before + 1))))
    return decision.events
