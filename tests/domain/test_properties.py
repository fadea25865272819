from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.vocabulary import FieldGroup, Number, Version
from server.domain.audience import drivers_of, keys
from server.domain.decision import Accepted
from server.domain.orders.decide import decide
from server.domain.orders.delivery import Receipt
from server.domain.orders.delivery_events import DeliveryReopened
from server.domain.orders.evolve import evolve
from server.domain.orders.groups import touched, value_of
from server.domain.orders.merge import broken
from server.domain.orders.state import Order
from server.domain.orders.totals import price
from server.domain.orders.undo import decide_undo
from tests.domain.floor import unsound
from tests.domain.operators import MEI, ORDERS, Turn, a_desk, days, edits, seen, take, turns
from tests.support.builders import NOW, accepted
from tests.support.rules import rule

DAYS = settings(max_examples=60)


def check(order: Order) -> None:
    assert order.totals == price(order).totals
    assert order.totals.total >= 0
    assert unsound(order) == []
    assert all(touch.version <= order.version for touch in order.touches.values())
    assert broken(order) == ()
    lines = {line.id for line in order.lines}
    assert len(lines) == len(order.lines)
    assert all(each.line_id is None or each.line_id in lines for each in order.discounts)


@rule("ED5", "CR6")
@DAYS
@given(days(25))
def test_whatever_operators_and_drivers_do_every_order_stays_sound(day: list[Turn]):
    world = a_desk()
    for turn in day:
        before = world.order(turn.command.order_id)

        events = take(world, turn)

        after = world.order(turn.command.order_id)
        if not events:
            assert after is before
            continue
        assert after is not None
        assert after.version == (before.version + 1 if before is not None else 1)
        names = {name for event in events for name in touched(event)}
        assert all(after.touches[name].version == after.version for name in names)
        check(after)


@rule("VI1")
@DAYS
@given(days(25))
def test_every_row_carries_the_key_of_every_driver_it_concerns(day: list[Turn]):
    world = a_desk()
    for turn in day:
        before = world.order(turn.command.order_id)
        take(world, turn)
        after = world.order(turn.command.order_id)

        for image in (before, after):
            if image is not None:
                assert {f"driver:{each}" for each in drivers_of(image)} <= set(keys(image))


@rule("UN7", "UN8")
@DAYS
@given(st.lists(turns(), max_size=20))
def test_undo_at_once_restores_the_former_value_of_every_group(day: list[Turn]):
    world = a_desk()
    for turn in day:
        before = world.order(turn.command.order_id)
        events = take(world, turn)
        after = world.order(turn.command.order_id)
        if not events or before is None or after is None:
            continue
        # A failed delivery that is planned again happened on the road once.
        if any(isinstance(event, DeliveryReopened) for event in events):
            continue

        asked = seen(Turn(MEI, turn.command), after)
        reverse = accepted(decide_undo(after, events, after.version, asked, world, Number(1)))

        back = evolve(after, reverse, asked.touch(Version(after.version + 1)))
        for name in {name for event in events for name in touched(event)}:
            assert value_of(back, name) == value_of(before, name)
        check(back)


@rule("UN2")
@DAYS
@given(st.lists(turns(), min_size=2, max_size=12), st.integers(0, 10))
def test_undo_never_changes_what_somebody_changed_after(day: list[Turn], which: int):
    world = a_desk()
    done = []
    for turn in day:
        before = world.order(turn.command.order_id)
        events = take(world, turn)
        if events and before is not None:
            done.append((turn, events, before.version + 1))
    if not done:
        return
    turn, events, produced = done[which % len(done)]
    order = world.order(turn.command.order_id)
    assert order is not None
    asked = replace(seen(turn, order), over=Version(0))

    decision = decide_undo(order, events, Version(produced), asked, world, Number(1))

    if isinstance(decision, Accepted):
        loose = {FieldGroup("rank"), FieldGroup("labels"), FieldGroup("notes")}
        written = {name for event in decision.events for name in touched(event)} - loose
        assert all(
            order.touches[name].version <= produced for name in written if name in order.touches
        )


def _both(start: Order, first: Turn, second: Turn, *, fresh: bool) -> Order | None:
    """First decides, then second; None when one is refused.

    Fresh: the second operator saw what the first did. Else both decide on the same screen.
    """
    world = a_desk()
    now = start
    for turn in (first, second):
        version = now.version if fresh else start.version
        asked = replace(seen(turn, now), now=NOW, over=Version(0), base_version=version)
        decision = decide(now, turn.command, asked, world)
        if not isinstance(decision, Accepted):
            return None
        if decision.events:
            now = evolve(now, decision.events, asked.touch(Version(now.version + 1)))
            world.put(now)
    return now


def _promise(order: Order) -> Order:
    """The order without who and how often, and without which of two new lines came first."""
    lines = tuple(sorted(order.lines, key=lambda line: line.id))
    deliveries = tuple(replace(each, receipt=_news(each.receipt)) for each in order.deliveries)
    return replace(
        order,
        version=Version(1),
        touches={},
        updated_by="",
        lines=lines,
        deliveries=deliveries,
    )


def _news(receipt: Receipt) -> Receipt:
    """What is told, without by whom and which of two came first."""
    edits = tuple(replace(each, version=Version(0), by_name="") for each in receipt.edits)
    return replace(receipt, told=Version(0), edits=edits)


@rule("ED1")
@settings(max_examples=120)
@given(turns(), turns())
def test_two_operators_on_one_screen_get_a_serial_result_or_a_refusal(one: Turn, other: Turn):
    start = a_desk().orders[ORDERS[0]]
    one, other = (_on(start, each) for each in (one, other))

    together = _both(start, one, other, fresh=False)

    serial = (
        _both(start, one, other, fresh=True),
        _both(start, other, one, fresh=True),
    )
    assert together is None or together in serial


@rule("ED2")
@settings(max_examples=120)
@given(turns(edits), turns(edits))
def test_edits_of_different_groups_commute(one: Turn, other: Turn):
    start = a_desk().orders[ORDERS[0]]
    one, other = (_on(start, each) for each in (one, other))

    there, back = (_both(start, *pair, fresh=False) for pair in ((one, other), (other, one)))

    if there is None or back is None or len(there.touches) < 2 or there.version < 3:
        return
    assert _promise(there) == _promise(back)


def _on(order: Order, turn: Turn) -> Turn:
    command = replace(turn.command, order_id=order.id)
    return replace(turn, command=command, lag=0, insists=False)


@rule("MV4")
@DAYS
@given(days(25))
def test_cards_of_one_stage_always_have_an_order(day: list[Turn]):
    world = a_desk()
    for turn in day:
        take(world, turn)

    open_orders = [order for order in world.orders.values() if order.open]
    for here, there in combinations(open_orders, 2):
        if here.stage_id == there.stage_id:
            assert (here.rank, here.id) != (there.rank, there.id)
