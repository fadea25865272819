"""Commands that the machine gives on somebody's behalf, one after the other. [PL]"""

import asyncio
from collections import defaultdict

from msgspec.structs import replace

from protocols.commands import RunBulk
from protocols.vocabulary import ClientId, Number, PersonId, TenantId
from server.application.node import Node
from server.application.submission import Submission, belonging_to
from server.application.verdict import Verdict
from server.domain.actor import Actor
from server.domain.records import SaveRecord


class Automation:
    """Numbers the commands of this process; no other one uses its client id."""

    def __init__(self, node: Node) -> None:
        """Write through this node."""
        self._node = node
        self._name = ClientId(f"planner-{node.ids.uuid()}")
        self._turn: dict[TenantId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def submit(self, actor: Actor, command: RunBulk | SaveRecord) -> Verdict:
        """Have it decided, in the name of this actor; raises `StorageBusy` without a verdict."""
        client_id = belonging_to(actor, self._name)
        async with self._turn[actor.tenant_id]:
            last = await self._node.last_number(actor.tenant_id, client_id)
            return await self._node.submit(
                Submission(
                    actor=actor, client_id=client_id, number=Number(last + 1), command=command
                )
            )


def on_behalf_of(actor: Actor) -> Actor:
    """The machine in the name of who asked it: what it gives out may be taken back by it."""
    more = frozenset({"bulk.run"}) if actor.may("driver.assign") else frozenset()
    return replace(actor, via="automation", permissions=actor.permissions | more)


def machine(tenant_id: TenantId) -> Actor:
    """The machine in its own name: it tidies plans up and does nothing else."""
    return Actor(
        tenant_id=tenant_id,
        id=PersonId("system"),
        name="Kanvoy",
        roles=(),
        permissions=frozenset({"driver.assign"}),
        via="automation",
    )
