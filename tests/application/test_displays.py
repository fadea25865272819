"""What a display may do beside showing its view: nothing."""

from typing import get_args

import pytest

from protocols.commands import Command
from protocols.rejections import Forbidden, NotFound, NothingToUndo
from protocols.vocabulary import PersonId, ViewId
from server.application.verdict import Denied
from server.domain.actor import Actor
from server.realtime.channels import may_watch
from tests.support.least import least
from tests.support.memory_store import MemoryStore
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule

HALL = Actor(
    tenant_id=TENANT,
    id=PersonId("display-1"),
    name="Hall",
    roles=("display",),
    permissions=frozenset(),
    view_id=ViewId("hall"),
)


@pytest.mark.asyncio
@rule("DV13")
async def test_whatever_a_display_asks_for_is_refused_and_changes_nothing():
    node = a_node(MemoryStore([TENANT]))
    await furnish(node)
    await Speaker(node).do(an_order_placed(driver="driver-1"))
    journal, wall = await node.journal(TENANT), Speaker(node, HALL, "wall")
    before = journal.images.head.sequence

    for kind in get_args(Command):
        verdict = await wall.do(least(kind))

        assert isinstance(verdict, Denied), kind
        assert isinstance(verdict.rejection, Forbidden | NotFound | NothingToUndo), kind

    assert journal.images.head.sequence == before


@rule("DV13")
@pytest.mark.parametrize(
    "channel",
    [
        "board",
        "board~masked",
        "order:order-1",
        "order~masked:order-1",
        "driver:driver-1",
        "dispatch",
        "house",
        "display:yard",
        "presence:board",
        "presence:order:order-1",
        "presence:drivers",
    ],
)
def test_a_display_watches_its_own_view_and_nothing_else(channel: str):
    assert may_watch(HALL, "display:hall")
    assert not may_watch(HALL, channel)
