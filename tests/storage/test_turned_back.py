"""A PostgreSQL that loses its newest rows under a running node: nobody goes on as if it had not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from protocols.vocabulary import Instant
from server.application.accounts import Tenant
from server.application.images import Change
from server.application.node import Node
from server.application.ports import StorageBusy
from server.application.verdict import Done
from server.storage.migrate import migrate
from server.storage.open import Storage, open_storage
from tests.support.nodes import TENANT, Speaker, a_node, an_order_placed, furnish
from tests.support.rules import rule
from tests.support.services.availability import found_or_skip
from tests.support.services.turning_back import TurningBack

pytestmark = [pytest.mark.asyncio, pytest.mark.postgres, pytest.mark.timeout(180)]

T = TypeVar("T")


@pytest.fixture(scope="module")
def postgres() -> Iterator[TurningBack]:
    """A server of this module alone."""
    found = found_or_skip("postgres")
    if found.origin == "KANVOY_TEST_PG_URL":
        pytest.skip("this server is not ours to turn back")
    server = TurningBack(found)
    yield server
    server.close()


class Screen:
    """Listens as a screen does."""

    def __init__(self) -> None:
        self.started_over = 0

    def applied(self, changes: Sequence[Change]) -> None:
        """Rows came."""

    def reset(self) -> None:
        """Nothing shown before holds any more."""
        self.started_over += 1


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """A server that was restarted is busy for whoever finds its old connection first."""
    for _ in range(40):
        try:
            return await work()
        except StorageBusy:
            await asyncio.sleep(0.05)
    raise AssertionError("the database does not come back")


async def _place(speaker: Speaker, *names: str) -> None:
    for name in names:
        submission = speaker.next(an_order_placed(name))
        verdict = await _patiently(lambda it=submission: speaker.node.submit(it))
        assert isinstance(verdict, Done), verdict


async def _founded(storage: Storage) -> Node:
    await storage.accounts.create_tenant(
        Tenant(id=TENANT, slug="tenant-a", name="A", created_at=Instant(1))
    )
    node = a_node(storage.store)
    await furnish(node)
    return node


@rule("JN7")
@pytest.mark.parametrize("meanwhile", [0, 9], ids=["at_once", "after_others_wrote"])
async def test_rows_that_a_failover_lost_raise_the_epoch_and_every_screen_starts_over(
    postgres: TurningBack, meanwhile: int
):
    url = postgres.database().url
    await migrate(url)
    async with open_storage(url) as storage, open_storage(url) as elsewhere:
        node, screen = await _founded(storage), Screen()
        speaker = Speaker(node)
        await _place(speaker, "kept-1", "kept-2")
        await asyncio.to_thread(postgres.keep_a_copy)
        await _place(speaker, "lost-1", "lost-2", "lost-3")
        journal = await node.journal(TENANT)
        journal.listen(screen)
        seen = journal.images.head

        await asyncio.to_thread(postgres.turn_back)
        other = a_node(elsewhere.store, seed=2)
        colleague = Speaker(other, client_id="client-2")
        await _place(colleague, *(f"new-{number}" for number in range(meanwhile)))
        await _patiently(node.beat)

        head = journal.images.head
        assert (seen.epoch, head.epoch) == (1, 2)
        assert (head.sequence > seen.sequence) == (meanwhile > 3)
        assert screen.started_over == 1
        assert journal.images.order("lost-1") is None
        assert journal.images.order("kept-2") is not None
        await _patiently(other.beat)
        await _place(Speaker(node, client_id="client-3"), "after")
        await _patiently(other.beat)
        assert (await other.images(TENANT)).order("after") is not None
        assert await storage.verify(TENANT) == []
