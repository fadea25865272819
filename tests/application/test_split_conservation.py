"""Split conservation under concurrency: many people split one order at once, nothing is lost."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.commands import Command, SetQuantity, Undo
from protocols.deliveries import CancelDelivery, MergeDeliveries, SplitDelivery
from protocols.rejections import Invalid, InvalidAfterMerge, NothingToUndo, Stale
from protocols.values import Take
from protocols.vocabulary import DeliveryId, LineId, Number, OrderId, Version
from server.application.node import Node
from server.application.verdict import Denied, Done, Verdict
from server.domain.orders.state import Order
from server.realtime.fanout_memory import MemoryBus
from tests.domain.floor import unsound
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_actor, an_order_placed, furnish
from tests.support.rules import rule

ORDER, FIRST, LINE = OrderId("order-1"), DeliveryId("order-1-d1"), LineId("order-1-l1")
PEOPLE, PIECES = 6, 60

_Try = tuple[str, int, int, bool]
"""What somebody does, about which delivery, with how many pieces, and whether they insist."""


def split(new: str, pieces: int, of: DeliveryId = FIRST) -> SplitDelivery:
    take = (Take(line_id=LINE, quantity=pieces),)
    return SplitDelivery(order_id=ORDER, delivery_id=of, new_id=DeliveryId(new), take=take)


async def the_order(node: Node) -> Order:
    order = (await node.images(TENANT)).order(ORDER)
    assert order is not None
    return order


async def two_nodes() -> tuple[MemoryStore, Node, Node]:
    """Two processes over one store, and an order of sixty pieces in one delivery."""
    store, bus = MemoryStore([TENANT]), MemoryBus()
    one, other = (a_node(store, seed=n, fanout=bus.fanout()) for n in (1, 2))
    await furnish(one)
    await Speaker(one).do(an_order_placed(quantity=PIECES))
    return store, one, other


def people(*nodes: Node) -> list[Speaker]:
    """So many, half of them at each process."""
    return [
        Speaker(nodes[n % len(nodes)], an_actor(f"Person{n}"), f"person-{n}") for n in range(PEOPLE)
    ]


async def stored(store: MemoryStore) -> Order:
    """The order as it is on disk."""
    _, found = await store.find(TENANT, [ORDER])
    order = found[ORDER]
    assert isinstance(order, Order)
    return order


@pytest.mark.asyncio
@rule("DL1", "AL4")
async def test_of_people_who_split_the_same_order_at_once_one_wins_and_the_others_look_again():
    store, one, other = await two_nodes()
    base = (await the_order(one)).version

    verdicts = await asyncio.gather(
        *(
            each.node.submit(each.next(split(f"new-{n}", 10 + n), base_version=base))
            for n, each in enumerate(people(one, other))
        )
    )

    order = await stored(store)
    assert sum(isinstance(each, Done) for each in verdicts) == 1
    assert all(isinstance(_reason(each), Stale) for each in verdicts if isinstance(each, Denied))
    assert len(order.deliveries) == 2
    assert unsound(order) == []


@pytest.mark.asyncio
@rule("DL3", "AL4")
async def test_people_who_insist_all_get_their_part_and_no_piece_is_taken_twice():
    store, one, other = await two_nodes()
    for n, each in enumerate(people(one, other)):
        # They insist on what they saw; whoever came between has to be looked at again.
        order = await the_order(each.node)
        how = {"base_version": Version(1), "over": order.version}
        await each.do(split(f"new-{n}", 16), **how)

    order = await stored(store)
    assert [sum(take.quantity for take in d.allocations or ()) for d in order.deliveries] == [
        0,
        16,
        16,
        16,
    ], "the rest has twelve; three others found too little"
    assert unsound(order) == []


@rule("AL4")
@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["split", "split", "merge", "cancel", "quantity", "undo"]),
                st.integers(0, 5),
                st.integers(1, 40),
                st.booleans(),
            ),
            min_size=2,
            max_size=PEOPLE,
        ),
        max_size=5,
    )
)
def test_split_conservation_under_concurrency(rounds: list[list[_Try]]):
    """Every round several people of two processes act on the same screen, all at once."""
    asyncio.run(_rounds(rounds))


async def _rounds(rounds: list[list[_Try]]) -> None:
    store, one, other = await two_nodes()
    crowd = people(one, other)
    for turn, tries in enumerate(rounds):
        screen = await stored(store)
        verdicts = await asyncio.gather(
            *(
                _tries(who, each, screen, f"{turn}-{n}")
                for n, (who, each) in enumerate(zip(crowd, tries, strict=False))
            )
        )

        for verdict in verdicts:
            reason = _reason(verdict)
            expected = Stale | Invalid | InvalidAfterMerge | NothingToUndo | None
            assert isinstance(reason, expected), reason
        assert unsound(await stored(store)) == []
        # Both processes have it in memory as it is on disk, once they have heard of it.
        for node in (one, other):
            await node.submit(
                Speaker(node, client_id=f"look-{turn}-{id(node)}").next(Undo(undone=1))
            )
            assert await the_order(node) == await stored(store)


def _reason(verdict: Verdict) -> object:
    return verdict.rejection if isinstance(verdict, Denied) else None


async def _tries(who: Speaker, act: _Try, screen: Order, name: str) -> Verdict:
    insists = screen.version if act[3] else Version(0)
    command = _command(who, act, screen, name)
    return await who.node.submit(who.next(command, base_version=screen.version, over=insists))


def _command(who: Speaker, act: _Try, screen: Order, name: str) -> Command:
    kind, which, pieces, _ = act
    ids = [each.id for each in screen.deliveries]
    one, other = ids[which % len(ids)], ids[(which + 1) % len(ids)]
    match kind:
        case "split":
            return split(f"new-{name}", pieces, one)
        case "merge":
            return MergeDeliveries(order_id=ORDER, into_id=one, from_ids=(other,))
        case "cancel":
            return CancelDelivery(order_id=ORDER, delivery_id=one, reason="x")
        case "quantity":
            return SetQuantity(order_id=ORDER, line_id=LINE, quantity=pieces)
        case _:
            return Undo(undone=Number(max(1, who.number)))
