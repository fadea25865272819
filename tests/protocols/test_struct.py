"""Values stay out of the garbage collector's way, and are still freed."""

import gc
import weakref

import pytest

from protocols import commands, from_client, from_server, handshake, values, views
from protocols.generate.declared import Shape, declared_in
from protocols.struct import Struct
from server.domain.orders.state import Order
from tests.bench import seed

MODULES = (commands, from_client, from_server, handshake, values, views)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_message_and_no_view_is_looked_at(module):
    shapes = [each for each in declared_in(module) if isinstance(each, Shape)]

    assert [each.name for each in shapes if each.struct.__struct_config__.gc] == []
    assert shapes


def test_an_order_in_memory_is_nothing_for_the_collector():
    placed = list(seed.orders(0, 50, movable=True))

    gc.collect()

    assert [order.number for order in placed if gc.is_tracked(order)] == []
    assert {type(order) for order in placed} == {Order}


class Watched:
    """Says when it is gone."""


class Holding(Struct, frozen=True):
    """A value that refers to something."""

    what: list[Watched]


def test_a_value_that_nobody_holds_is_freed_at_once_with_what_it_held():
    watched = Watched()
    seen, holding = weakref.ref(watched), Holding([watched])
    del watched
    assert seen() is not None

    del holding

    assert seen() is None
