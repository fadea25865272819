"""One case per kind of command: what is there before, what is asked, and which channels show it."""

from typing import get_args

import msgspec

from protocols.commands import (
    AddLines,
    AddNote,
    ArchiveOrder,
    AssignCsr,
    BulkItem,
    CancelOrder,
    ChangeLabels,
    Command,
    CopyOrder,
    CreateOrder,
    DeleteOrder,
    FlagReview,
    HoldOrder,
    MoveOrder,
    NewCharge,
    NewLine,
    ReleaseOrder,
    RemoveDiscount,
    RemoveLine,
    RemoveNote,
    ReorderOrder,
    RestoreOrder,
    RunBulk,
    SaveCustomer,
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
    Undo,
)
from protocols.deliveries import AssignDriver
from protocols.values import Address, AmountOff, Party, PercentOff, Window
from protocols.vocabulary import (
    CustomerId,
    DeliveryId,
    DiscountId,
    LabelId,
    LineId,
    Minor,
    NoteId,
    Number,
    OrderId,
    PersonId,
    StageId,
)
from tests.parity.record_cases import RECORDS
from tests.parity.road_cases import ROAD
from tests.parity.words import (
    BOARDS,
    DELIVERY,
    DENIZ,
    DORA,
    EVERYWHERE,
    HALL,
    LINE,
    ONE,
    ORDER,
    OTHER,
    PLANNED,
    PRICE,
    SECOND,
    STOPS,
    canary,
)
from tests.support.fakes import MONDAY


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A command that changes something."""

    command: Command
    before: tuple[Command, ...] = ()
    shown: tuple[str, ...]
    """The channels that must show something of it; all others must stay silent."""


CUSTOMER = Party(
    name=canary("name"),
    contact=canary("contact"),
    email=canary("email"),
    phone=canary("phone"),
    debtor=canary("debtor"),
)
SHIPPING = Address(
    name=canary("receiver"), street=canary("street"), city=canary("city"), phone=canary("phone")
)
BILLING = Address(name=canary("payer"), street=canary("billing"), city=canary("billing"))
SOMETIME = Window(opens=MONDAY, closes=MONDAY + 3_600_000)
LATER = Window(opens=MONDAY + 7_200_000, closes=MONDAY + 9_000_000)


def _line(line_id: LineId, name: str) -> NewLine:
    return NewLine(line_id=line_id, name=name, unit_price=PRICE, quantity=3, tax_rate=1_900)


def _placing(order_id: OrderId) -> CreateOrder:
    return CreateOrder(
        order_id=order_id,
        delivery_id=DeliveryId(f"{order_id}-d1"),
        customer=CUSTOMER,
        lines=[_line(LINE, "Chai"), _line(SECOND, "Chang")],
        charges=[NewCharge(charge="delivery_fee", amount=PRICE)],
        shipping_address=SHIPPING,
        billing_address=BILLING,
        window=SOMETIME,
        driver_id=DORA,
        note=canary("internal"),
    )


def _note(note_id: str, *, for_driver: bool = False) -> AddNote:
    text = "ring at the gate" if for_driver else canary("internal")
    return AddNote(order_id=ORDER, note_id=NoteId(note_id), text=text, for_driver=for_driver)


START: tuple[Command, ...] = (
    _placing(ORDER),
    _placing(OTHER),
    SetDiscount(
        order_id=ORDER,
        discount_id=DiscountId("discount-1"),
        reduction=PercentOff(basis_points=500),
        reason=canary("discount"),
    ),
    _note("note-1"),
    _note("note-2", for_driver=True),
)
"""What every case begins with."""

MOVE = MoveOrder(order_id=ORDER, from_stage=StageId("new"), to_stage=StageId("confirmed"))
HOLD = HoldOrder(order_id=ORDER, reason=canary("hold"))
DELETE = DeleteOrder(order_id=ORDER, reason=canary("deletion"))

CASES: tuple[Case, ...] = (
    Case(
        command=_placing(OrderId("order-3")),
        shown=(*BOARDS, *STOPS, *PLANNED, *HALL),
    ),
    Case(
        command=CopyOrder(
            order_id=OrderId("order-3"), copied_id=ORDER, delivery_id=DeliveryId("order-3-d1")
        ),
        shown=(*BOARDS, *PLANNED, *HALL),
    ),
    Case(command=MOVE, shown=EVERYWHERE),
    Case(command=ReorderOrder(order_id=ORDER, before_id=OTHER), shown=(*BOARDS, *ONE, *HALL)),
    Case(
        command=AddLines(order_id=ORDER, lines=[_line(LineId("line-3"), "Ikura")]),
        shown=EVERYWHERE,
    ),
    Case(command=SetQuantity(order_id=ORDER, line_id=LINE, quantity=5), shown=EVERYWHERE),
    Case(
        command=SetPrice(order_id=ORDER, line_id=LINE, unit_price=Minor(PRICE + 11)),
        shown=("board", *ONE),
    ),
    Case(command=RemoveLine(order_id=ORDER, line_id=SECOND), shown=EVERYWHERE),
    Case(
        command=SetDiscount(
            order_id=ORDER,
            discount_id=DiscountId("discount-2"),
            reduction=AmountOff(amount=Minor(1_000_003)),
            reason=canary("discount"),
        ),
        shown=("board", *ONE),
    ),
    Case(
        command=RemoveDiscount(order_id=ORDER, discount_id=DiscountId("discount-1")),
        shown=("board", *ONE),
    ),
    Case(
        command=SetCharge(order_id=ORDER, charge="service", amount=PRICE),
        shown=("board", *ONE),
    ),
    Case(
        command=SetCustomer(
            order_id=ORDER, customer=msgspec.structs.replace(CUSTOMER, name=canary("other"))
        ),
        shown=(*BOARDS, *ONE, *STOPS, *PLANNED),
    ),
    Case(
        command=SetAddress(
            order_id=ORDER,
            which="shipping",
            address=msgspec.structs.replace(SHIPPING, city=canary("elsewhere")),
        ),
        shown=(*BOARDS, *ONE, *STOPS, *PLANNED),
    ),
    Case(
        command=SetWindow(order_id=ORDER, delivery_id=DELIVERY, window=LATER),
        shown=EVERYWHERE,
    ),
    Case(command=SetPriority(order_id=ORDER, priority=3), shown=EVERYWHERE),
    Case(
        command=ChangeLabels(order_id=ORDER, add=[LabelId("fragile")]),
        shown=(*BOARDS, *ONE, *STOPS, *PLANNED),
    ),
    Case(command=SetPayment(order_id=ORDER, payment_method="card"), shown=ONE),
    Case(
        command=SetCustom(order_id=ORDER, key="dock", value=canary("custom")),
        shown=ONE,
    ),
    Case(command=HOLD, shown=EVERYWHERE),
    Case(command=ReleaseOrder(order_id=ORDER), before=(HOLD,), shown=EVERYWHERE),
    Case(
        command=FlagReview(order_id=ORDER, reason=canary("review")),
        shown=(*BOARDS, *ONE),
    ),
    Case(command=_note("note-3"), shown=(*BOARDS, *ONE)),
    Case(
        command=RemoveNote(order_id=ORDER, note_id=NoteId("note-2")),
        shown=(*BOARDS, *ONE, *STOPS),
    ),
    Case(
        command=AssignCsr(order_id=ORDER, from_csr=None, to_csr=PersonId("ben")),
        shown=(*BOARDS, *ONE),
    ),
    Case(
        command=AssignDriver(order_id=ORDER, from_driver=DORA, to_driver=DENIZ),
        shown=(*BOARDS, *ONE, *STOPS, *PLANNED, "driver:driver-2"),
    ),
    Case(command=CancelOrder(order_id=ORDER, reason=canary("cancel")), shown=EVERYWHERE),
    Case(command=DELETE, shown=EVERYWHERE),
    Case(
        command=RestoreOrder(order_id=ORDER),
        before=(DELETE,),
        shown=(*BOARDS, *STOPS, *PLANNED, *HALL),
    ),
    Case(
        command=ArchiveOrder(order_id=ORDER),
        before=(CancelOrder(order_id=ORDER, reason=canary("cancel")),),
        shown=(*BOARDS, *ONE, *HALL),
    ),
    Case(
        command=SaveCustomer(
            customer_id=CustomerId("rosa"), customer=CUSTOMER, shipping_address=SHIPPING
        ),
        shown=(),
    ),
    Case(
        command=RunBulk(
            items=[
                BulkItem(command=MOVE),
                BulkItem(command=SetPriority(order_id=OTHER, priority=3)),
            ]
        ),
        shown=EVERYWHERE,
    ),
    Case(
        command=Undo(undone=Number(len(START) + 1)),
        before=(SetQuantity(order_id=ORDER, line_id=LINE, quantity=8),),
        shown=EVERYWHERE,
    ),
    *(Case(command=command, shown=shown) for command, shown in RECORDS),
    *(Case(command=command, before=before, shown=shown) for command, before, shown in ROAD),
)


def kind_of(command: Command) -> str:
    """The tag of a command."""
    return str(command.__struct_config__.tag)


KINDS = frozenset(str(each.__struct_config__.tag) for each in get_args(Command))
"""Everything a client may ask for."""
