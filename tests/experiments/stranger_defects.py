"""Walls between tenants taken down, one at a time: X5 must see each of them."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from protocols.vocabulary import AggregateId, TenantId
from server.application.devices import Device
from server.application.ports import Aggregate, Head
from server.application.upload_ports import Upload
from server.domain.actor import Actor
from server.realtime.connection import Connection
from server.realtime.feeds import Feeds
from tests.experiments.houses import FeedsType, Flaw
from tests.experiments.strangers import Defects
from tests.support.site import SOUTH, Ground


class _Through:
    """Passes everything on that the bug does not touch."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class OpenStore(_Through):
    """Finds aggregates whoever they belong to."""

    async def find(
        self, tenant_id: TenantId, ids: Sequence[AggregateId]
    ) -> tuple[Head, dict[AggregateId, Aggregate]]:
        """Look at one's own first."""
        head, found = await self._real.find(tenant_id, ids)
        _, strange = await self._real.find(SOUTH, ids)
        return head, {**strange, **found}


class OpenDevices(_Through):
    """Revokes devices whoever they belong to."""

    async def device(self, tenant_id: TenantId, device_id: str) -> Device | None:
        """Look at one's own first."""
        own = await self._real.device(tenant_id, device_id)
        return cast("Device | None", own or await self._real.device(SOUTH, device_id))

    async def revoke(self, tenant_id: TenantId, device_id: str) -> bool:
        """Forget whose it is."""
        own = await self._real.revoke(tenant_id, device_id)
        return bool(own or await self._real.revoke(SOUTH, device_id))


class QuietDevices(_Through):
    """Revokes a device of another tenant, and answers as if it were not there."""

    async def device(self, tenant_id: TenantId, device_id: str) -> Device | None:
        """Revoke what is asked for."""
        await self._real.revoke(SOUTH, device_id)
        return cast("Device | None", await self._real.device(tenant_id, device_id))


class OpenUploads(_Through):
    """Shows uploads whoever they belong to."""

    async def upload(self, tenant_id: TenantId, upload_id: str) -> Upload | None:
        """Look at one's own first."""
        own = await self._real.upload(tenant_id, upload_id)
        return cast("Upload | None", own or await self._real.upload(SOUTH, upload_id))


class OpenFeeds(Feeds):
    """Serves a channel that one's own journal has not from the other's."""

    async def subscribe(
        self,
        tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        actor: Actor,
    ) -> None:
        """Guess the tenant by the channel."""
        strange = await self._node.images(SOUTH)
        asked = channel.partition(":")[2]
        guessed = SOUTH if strange.order(cast("Any", asked)) is not None else tenant_id
        await super().subscribe(guessed, connection, channel, cursor, actor)


class SharedBoard(Feeds):
    """Sends everybody's board to everybody."""

    async def subscribe(
        self,
        tenant_id: TenantId,
        connection: Connection,
        channel: str,
        cursor: str | None,
        actor: Actor,
    ) -> None:
        """Have but one board."""
        shared = SOUTH if channel == "board" else tenant_id
        await super().subscribe(shared, connection, channel, cursor, actor)


def _with(**parts: type[_Through]) -> Flaw:
    def flaw(ground: Ground) -> Ground:
        made = {name: part(getattr(ground, name)) for name, part in parts.items()}
        return msgspec.structs.replace(ground, **made)

    return flaw


def _found_by(about: str, *, flaw: Flaw | None = None, feeds: FeedsType = Feeds) -> Defects:
    return Defects(flaw, feeds, audiences=("owner",), about=about)


DEFECTS: dict[str, tuple[Callable[[], Defects], str]] = {
    "finds foreign orders": (
        lambda: _found_by("GET /v1/orders", flaw=_with(store=OpenStore)), "GET /v1/orders/"
    ),
    "revokes foreign devices": (
        lambda: _found_by("DELETE", flaw=_with(devices=OpenDevices)), "DELETE /v1/devices/"
    ),
    "revokes foreign devices and denies it": (
        lambda: _found_by("DELETE", flaw=_with(devices=QuietDevices)), "was changed"
    ),
    "shows foreign files": (
        lambda: _found_by("GET", flaw=_with(uploads=OpenUploads)), "GET /v1/uploads/"
    ),
    "serves foreign channels": (lambda: _found_by("OneOrder", feeds=OpenFeeds), "OneOrder"),
    "serves one board to all": (lambda: _found_by("Board", feeds=SharedBoard), "Board"),
}  # fmt: skip
"""What each bug is, and the words of what must be found."""
