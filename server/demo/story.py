"""The life of one Northwind order: placed, worked on by several people, and moved to its stage."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo

import msgspec

from protocols.commands import (
    AddNote,
    CancelOrder,
    ChangeLabels,
    CreateOrder,
    FlagReview,
    HoldOrder,
    MoveOrder,
    NewCharge,
    NewLine,
    OrderCommand,
    SetPriority,
    SetQuantity,
    SetWindow,
)
from protocols.deliveries import AssignDriver, SetMethod, SetTracking, SplitDelivery
from protocols.facts import AcknowledgeStop, CollectDelivery, CompleteDelivery
from protocols.values import Address, Handed, Proof, Source, Take, Tracking, Window
from protocols.vocabulary import (
    Category,
    DeliveryId,
    DriverId,
    Instant,
    LabelId,
    LineId,
    NoteId,
    OrderId,
    PaymentMethod,
    PersonId,
    Priority,
    ProofId,
    StageId,
    Version,
)
from server.demo.book import Booked
from server.demo.script import DAY, HOUR, MINUTE, Dice, Step, in_daytime, window

PATH: tuple[Category, ...] = ("new", "confirmed", "preparing", "ready", "in_transit", "done")

_PACE = (0.0, 0.3, 0.62, 0.72, 0.88, 1.0)
"""Share of its life after which an order reaches each stage of the path; packing is quick."""

_NOTES = (
    "Please call before delivery.",
    "Customer asked for one invoice per month.",
    "Gate closes at 17:00, ring the bell twice.",
    "Pallet exchange: two euro pallets back.",
    "Repeat order, same packaging as last time.",
    "Customer will inspect the goods at the ramp.",
    "Leave with the neighbour at number 12 if nobody is there.",
    "Ask for a signature in block letters.",
)

_HOLDS = (
    "Waiting for payment of the last invoice",
    "Address must be confirmed by the customer",
    "Stock count running",
)

_REVIEWS = (
    "Unusual quantity for this customer",
    "Credit limit nearly reached",
    "Discount above the usual",
)

_SOURCES = ("backoffice", "web", "phone", "edi")

_PAYMENTS: tuple[PaymentMethod, ...] = ("transfer", "on_account", "card", "gateway")

_CHANGEABLE = frozenset({"new", "confirmed", "preparing"})
"""Stages in which the goods are not packed yet."""

_PACKING = frozenset({"preparing", "ready"})
"""Stages in which the warehouse has the goods."""

#: How far ahead the window of an open order opens, in hours from now: at least, at most.
_AHEAD: Mapping[Category, tuple[int, int]] = {
    "new": (20, 96),
    "confirmed": (14, 60),
    "preparing": (3, 28),
    "ready": (1, 12),
    "in_transit": (-1, 5),
}


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what, and what there is to choose from."""

    stages: Mapping[Category, StageId]
    warehouse: PersonId
    dispatcher: PersonId
    desk: tuple[PersonId, ...]
    drivers: Callable[[Address], tuple[DriverId, ...]]
    """Who drives there; where nobody does, a carrier goes."""
    labels: tuple[LabelId, ...]
    now: Instant
    zone: tzinfo


class Story:
    """Tells one order. Deterministic: the same book and the same `now` give the same steps."""

    def __init__(self, booked: Booked, placed: Instant, goal: Category, cast: Cast) -> None:
        """Tell how the order, placed then, came to the goal."""
        self._booked = booked
        self._placed = placed
        self._goal = goal
        self._cast = cast
        self._dice = Dice(booked.reference)
        self._id = OrderId(f"nw-{booked.reference}")
        self._delivery = DeliveryId(f"nw-{booked.reference}-d1")
        self._near = cast.drivers(booked.address)

    def steps(self) -> Iterator[Step]:
        """The order's steps by time."""
        yield self._step(self._placed, self._booked.csr_id, self._create())
        yield from self._talk()
        if not self._near:
            by_carrier = SetMethod(order_id=self._id, delivery_id=self._delivery, method="carrier")
            yield self._step(Instant(self._placed + 1), self._cast.dispatcher, by_carrier)
        if self._goal == "cancelled":
            yield from self._cancel()
        else:
            yield from self._moves()
        if self._goal not in {"done", "cancelled"}:
            yield from self._trouble()

    def _create(self) -> CreateOrder:
        booked, dice = self._booked, self._dice
        return CreateOrder(
            order_id=self._id,
            delivery_id=self._delivery,
            customer_id=booked.customer_id,
            lines=[
                NewLine(
                    line_id=LineId(f"{self._id}-{position}"),
                    product_id=line.product_id,
                    quantity=line.quantity,
                    discount=line.discount,
                )
                for position, line in enumerate(booked.lines, start=1)
            ],
            charges=[NewCharge(charge="delivery_fee", amount=booked.freight)],
            shipping_address=booked.address,
            window=self._window(),
            payment_method=dice.one_of(_PAYMENTS, "payment"),
            priority=self._priority(),
            labels=self._labels(),
            source=Source(channel=dice.one_of(_SOURCES, "source"), reference=booked.reference),
            csr_id=booked.csr_id,
        )

    def _moves(self) -> Iterator[Step]:
        """One move per stage, the last one a plausible while ago."""
        goal = PATH.index(self._goal)
        for position in range(goal):
            at, to = self._arrival(position + 1, goal), PATH[position + 1]
            if to == "in_transit" and self._near:
                yield from self._collected(at - self._arrival(position, goal), at)
                continue
            if to == "done" and self._near:
                yield self._step(at, PersonId(self._driver()), self._handed_over(at))
                continue
            move = MoveOrder(
                order_id=self._id,
                from_stage=self._cast.stages[PATH[position]],
                to_stage=self._cast.stages[to],
            )
            yield self._step(at, self._mover(to), move)
            if to == "in_transit":
                yield self._step(Instant(at + 1), self._cast.dispatcher, self._tracked())
        if self._near and self._goal in _PACKING:
            yield from self._planned()

    def _planned(self) -> Iterator[Step]:
        """The next run: given to a driver, not yet in the vehicle. Some come in two parts."""
        first = self._booked.lines[0]
        split = first.quantity > 1 and self._dice.chance(12, "split")
        if split:
            in_two = SplitDelivery(
                order_id=self._id,
                delivery_id=self._delivery,
                new_id=DeliveryId(f"{self._id}-d2"),
                take=(Take(line_id=LineId(f"{self._id}-1"), quantity=first.quantity // 2),),
            )
            yield self._step(self._late("split"), self._cast.dispatcher, in_two)
        if self._goal == "ready" and self._dice.chance(60, "planned"):
            given = self._late("planned")
            yield self._step(given, self._cast.dispatcher, self._assign())
            # Most have read it; whoever has not is what an alarm is for.
            if not split and self._dice.chance(85, "read"):
                yield self._acknowledged(Instant(given + MINUTE))

    def _tracked(self) -> SetTracking:
        parcel = Tracking(
            carrier="Speedy Express", code=f"SX{self._booked.reference}{self._dice.below(90, 'x')}"
        )
        return SetTracking(order_id=self._id, delivery_id=self._delivery, tracking=parcel)

    def _collected(self, waited: int, at: Instant) -> Iterator[Step]:
        """Given to a driver, who acknowledges and takes the goods; that moves the order."""
        given = Instant(at - self._part(waited, "assign"))
        driver = PersonId(self._driver())
        yield self._step(given, self._cast.dispatcher, self._assign())
        yield self._acknowledged(Instant((given + at) // 2))
        yield self._step(
            at,
            driver,
            CollectDelivery(order_id=self._id, delivery_id=self._delivery, epoch=1, at=at),
        )

    def _acknowledged(self, at: Instant) -> Step:
        """The driver has read what was given to them."""
        acknowledged = AcknowledgeStop(
            order_id=self._id,
            delivery_id=self._delivery,
            epoch=1,
            # Every step of an order so far made one version: placed, noted, moved, given.
            version=Version(5 + self._is_noted()),
            receipt="acknowledged",
            at=at,
        )
        return self._step(at, PersonId(self._driver()), acknowledged)

    def _assign(self) -> AssignDriver:
        return AssignDriver(order_id=self._id, from_driver=None, to_driver=self._driver())

    def _handed_over(self, at: Instant) -> CompleteDelivery:
        handed = tuple(
            Handed(line_id=LineId(f"{self._id}-{position}"), quantity=line.quantity)
            for position, line in enumerate(self._booked.lines, start=1)
        )
        name = Proof(
            id=ProofId(f"{self._id}-p1"), kind="name", at=at, text=self._booked.address.name
        )
        return CompleteDelivery(
            order_id=self._id,
            delivery_id=self._delivery,
            epoch=1,
            at=at,
            shown_version=Version(7 + self._is_noted()),
            handed=handed,
            proofs=(name,),
        )

    def _is_noted(self) -> int:
        return int(self._dice.chance(22, "note"))

    def _talk(self) -> Iterator[Step]:
        """A note now and then, by somebody of the desk."""
        if self._dice.chance(22, "note"):
            note = AddNote(
                order_id=self._id,
                note_id=NoteId(f"{self._id}-n1"),
                text=self._dice.one_of(_NOTES, "text"),
                for_driver=self._dice.chance(50, "for driver"),
            )
            yield self._step(self._soon("talk"), self._colleague("note by"), note)

    def _cancel(self) -> Iterator[Step]:
        reason = self._dice.one_of(("Ordered twice", "Customer changed their mind"), "why")
        yield self._step(
            self._soon("cancel"),
            self._colleague("cancel by"),
            CancelOrder(order_id=self._id, reason=reason),
        )

    def _trouble(self) -> Iterator[Step]:
        """What keeps the desk busy: other quantities, other times, holds and reviews."""
        troubles: list[tuple[int, str, OrderCommand]] = [
            (10, "priority", SetPriority(order_id=self._id, priority=2)),
            (9, "labels", ChangeLabels(order_id=self._id, add=[self._cast.labels[0]])),
            (6, "review", FlagReview(order_id=self._id, reason=self._one(_REVIEWS))),
            (5, "hold", HoldOrder(order_id=self._id, reason=self._one(_HOLDS))),
        ]
        if self._goal in _CHANGEABLE:
            troubles += [(24, "quantity", self._other_quantity()), (9, "window", self._later())]
        for percent, what, command in troubles:
            if self._dice.chance(percent, what):
                yield self._step(self._late(what), self._colleague(what), command)

    def _later(self) -> SetWindow:
        agreed = self._window() or window(self._cast.now + 2 * DAY, 2)
        moved = Window(opens=agreed.opens, closes=Instant(agreed.closes + HOUR))
        return SetWindow(order_id=self._id, delivery_id=self._delivery, window=moved)

    def _other_quantity(self) -> SetQuantity:
        more = self._booked.lines[0].quantity + 1 + self._dice.below(5, "more")
        return SetQuantity(order_id=self._id, line_id=LineId(f"{self._id}-1"), quantity=more)

    def _window(self) -> Window | None:
        """Around now for open orders, a tenth of them late; in the past for finished ones."""
        dice, now = self._dice, self._cast.now
        if self._goal in {"done", "cancelled"}:
            return window(self._placed + DAY + dice.below(24, "done") * HOUR, 4)
        if self._goal == "new" and dice.chance(15, "any time"):
            return None
        if self._goal != "new" and dice.chance(10, "late"):
            return window(now - 2 * HOUR - dice.below(4 * 60, "by") * MINUTE, 1)
        least, most = _AHEAD[self._goal]
        opens = now + (least + dice.below(most - least + 1, "ahead")) * HOUR
        if self._goal in _CHANGEABLE:
            opens = in_daytime(opens, self._cast.zone, dice.below(12, "morning") * 30 * MINUTE)
        return window(opens, dice.one_of((2, 2, 3, 4), "length"))

    def _arrival(self, position: int, goal: int) -> Instant:
        """When the order came into the stage at `position` of its path."""
        share = _PACE[position] / _PACE[goal]
        if 0 < position < goal:
            # Not every order keeps the same time.
            share += (self._dice.below(80, f"stage {position}") - 40) / 1_000
        return Instant(self._placed + int(self._life() * share))

    def _life(self) -> int:
        """From placing to the arrival in the goal's stage."""
        if self._goal == "done":
            return 8 * HOUR + self._dice.below(30 * 60, "life") * MINUTE
        age = max(self._cast.now - self._placed, 10 * MINUTE)
        waiting = min((5 + self._dice.below(600, "waiting")) * MINUTE, age * 6 // 10)
        return age - waiting

    def _driver(self) -> DriverId:
        return self._dice.one_of(self._near, "driver")

    def _mover(self, to: Category) -> PersonId:
        if to in _PACKING:
            return self._cast.warehouse
        return self._booked.csr_id if to == "confirmed" else self._colleague("done by")

    def _colleague(self, what: str) -> PersonId:
        return self._dice.one_of(self._cast.desk, what)

    def _one(self, texts: tuple[str, ...]) -> str:
        return self._dice.one_of(texts, texts[0])

    def _priority(self) -> Priority:
        thrown = self._dice.below(100, "urgent")
        return 3 if thrown < 4 else 2 if thrown < 14 else 0 if thrown > 94 else 1

    def _labels(self) -> list[LabelId]:
        if not self._dice.chance(35, "labelled"):
            return []
        count = 2 if self._dice.chance(25, "two labels") else 1
        start = self._dice.below(len(self._cast.labels), "label")
        return [self._cast.labels[(start + n) % len(self._cast.labels)] for n in range(count)]

    def _soon(self, what: str) -> Instant:
        """Within the first third of the way to the goal."""
        return Instant(self._placed + 1 + self._part(self._life() // 3, what))

    def _late(self, what: str) -> Instant:
        """After the last move, before now."""
        last = self._placed + self._life()
        return Instant(last + 1 + self._part(max(self._cast.now - last - 1, 1), what))

    def _part(self, of: int, what: str) -> int:
        return of * (1 + self._dice.below(98, f"part {what}")) // 100

    @staticmethod
    def _step(at: Instant, by: PersonId, command: OrderCommand) -> Step:
        return Step(at=at, by=by, command=command)
