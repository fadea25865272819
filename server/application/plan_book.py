"""The plans of a tenant: records that are saved at the version that was seen. [PL]"""

from collections.abc import Callable

from msgspec.structs import replace

from protocols.rejections import Stale
from protocols.vocabulary import AggregateId, PlanId, TenantId
from server.application.automation import Automation, machine
from server.application.node import Node
from server.application.verdict import Done
from server.domain.actor import Actor
from server.domain.fleet import Plan
from server.domain.records import SaveRecord

KEPT = 20
"""Plans that can still be looked at; older ones are emptied."""

_ATTEMPTS = 5
"""Lost races in a row; each means that somebody else changed the same plan."""


class PlanBook:
    """Reads and writes plans."""

    def __init__(self, node: Node, automation: Automation) -> None:
        """Of the tenants of this node."""
        self._node = node
        self._automation = automation

    async def find(self, tenant_id: TenantId, plan_id: PlanId) -> Plan | None:
        """A plan that is not forgotten."""
        found = (await self._node.images(tenant_id)).record_of(AggregateId(plan_id))
        return found if isinstance(found, Plan) and not found.forgotten else None

    async def add(self, actor: Actor, plan: Plan) -> None:
        """Write a new plan down, and forget the oldest."""
        await self._save(actor, plan)
        images = await self._node.images(actor.tenant_id)
        plans = [each for each in images.records(Plan) if not each.forgotten]
        # PL22
        for old in sorted(plans, key=lambda each: each.at, reverse=True)[KEPT:]:
            if old.state != "solving":
                empty = replace(old, items=(), unassigned=(), forgotten=True)
                await self._save(machine(actor.tenant_id), empty)

    async def change(
        self, actor: Actor, plan_id: PlanId, become: Callable[[Plan], Plan | None]
    ) -> Plan | None:
        """Make a plan another one, from what it is now; None when it has become something else.

        `become` is asked again when somebody was faster, and may find that there is nothing to do.
        """
        for _ in range(_ATTEMPTS):
            plan = await self.find(actor.tenant_id, plan_id)
            changed = become(plan) if plan is not None else None
            if changed is None:
                return None
            # PL16
            if await self._save(actor, changed):
                return changed
        return None

    async def _save(self, actor: Actor, plan: Plan) -> bool:
        verdict = await self._automation.submit(actor, SaveRecord(record=plan))
        if isinstance(verdict, Done):
            return True
        assert isinstance(verdict.rejection, Stale), verdict.rejection
        return False
