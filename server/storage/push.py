"""The `PushLedger` on SQL, the same for both databases."""

import msgspec
from sqlalchemy import bindparam, delete, select, update

from protocols.vocabulary import DriverId, Instant, TenantId
from server.application.push import PushSubscription
from server.storage.database import Database, Orphaned, Scope
from server.storage.flavour import Flavour
from server.storage.prepared import Prepared, Query
from server.storage.records import Record, named
from server.storage.tables import devices, installation_secrets, push_subscriptions

_GIVEN = ("endpoint", "p256dh", "auth", "made_at", "woken_at")


class _Statements:
    """Compiled once per adapter."""

    def __init__(self, flavour: Flavour) -> None:
        held = push_subscriptions.c
        own = (held.tenant_id == bindparam("tenant_id"), held.device_id == bindparam("device_id"))
        same = (*own, held.endpoint == bindparam("seen_endpoint"))
        inserting = flavour.insert(push_subscriptions)
        self.subscribe = Prepared(
            inserting.on_conflict_do_update(
                index_elements=["tenant_id", "device_id"],
                set_={name: inserting.excluded[name] for name in _GIVEN},
            ),
            flavour,
        )
        self.unsubscribe = Prepared(delete(push_subscriptions).where(*own), flavour)
        self.one = Prepared(select(push_subscriptions).where(*own), flavour)
        self.of_driver = Prepared(
            select(push_subscriptions)
            .join(
                devices,
                (devices.c.tenant_id == held.tenant_id) & (devices.c.id == held.device_id),
            )
            .where(
                held.tenant_id == bindparam("tenant_id"),
                devices.c.kind == "driver",
                devices.c.subject == bindparam("subject"),
            )
            .order_by(held.device_id),
            flavour,
        )
        self.take_wake = Prepared(
            update(push_subscriptions)
            .where(*same, held.woken_at == bindparam("seen_woken_at"))
            .values(woken_at=bindparam("new_woken_at"))
            .returning(held.device_id),
            flavour,
        )
        self.end = Prepared(delete(push_subscriptions).where(*same), flavour)
        self.keep_secret = Prepared(
            flavour.insert(installation_secrets).on_conflict_do_nothing(), flavour
        )
        self.secret = Prepared(
            select(installation_secrets.c.secret).where(
                installation_secrets.c.name == bindparam("secret_name")
            ),
            flavour,
        )


class SqlPush:
    """`PushLedger` in a database."""

    def __init__(self, database: Database) -> None:
        """Compile the statements for this database."""
        self._database = database
        self._statements = _Statements(database.flavour)

    async def _rows(self, scope: Scope, query: Query) -> list[Record]:
        (found,) = await self._database.read(scope, query)
        return found

    async def keep_secret(self, name: str, secret: str) -> str:
        """See `PushLedger`."""
        await self._database.write(
            Scope(), self._statements.keep_secret.bind(name=name, secret=secret)
        )
        ((kept,),) = await self._rows(Scope(), self._statements.secret.bind(secret_name=name))
        return str(kept)

    async def subscribe(self, subscription: PushSubscription) -> bool:
        """See `PushLedger`."""
        query = self._statements.subscribe.bind(**msgspec.structs.asdict(subscription))
        try:
            await self._database.write(Scope(subscription.tenant_id), query)
        except Orphaned:
            return False
        return True

    async def unsubscribe(self, tenant_id: TenantId, device_id: str) -> None:
        """See `PushLedger`."""
        query = self._statements.unsubscribe.bind(tenant_id=tenant_id, device_id=device_id)
        await self._database.write(Scope(tenant_id), query)

    async def subscription(self, tenant_id: TenantId, device_id: str) -> PushSubscription | None:
        """See `PushLedger`."""
        query = self._statements.one.bind(tenant_id=tenant_id, device_id=device_id)
        found = await self._rows(Scope(tenant_id), query)
        return _subscription(found[0]) if found else None

    async def subscriptions_of(
        self, tenant_id: TenantId, driver_id: DriverId
    ) -> list[PushSubscription]:
        """See `PushLedger`."""
        query = self._statements.of_driver.bind(tenant_id=tenant_id, subject=driver_id)
        return [_subscription(row) for row in await self._rows(Scope(tenant_id), query)]

    async def take_wake(self, seen: PushSubscription, at: Instant) -> bool:
        """See `PushLedger`."""
        query = self._statements.take_wake.bind(
            tenant_id=seen.tenant_id,
            device_id=seen.device_id,
            seen_endpoint=seen.endpoint,
            seen_woken_at=seen.woken_at,
            new_woken_at=at,
        )
        (taken,) = await self._database.write(Scope(seen.tenant_id), query)
        return bool(taken)

    async def end(self, seen: PushSubscription) -> None:
        """See `PushLedger`."""
        query = self._statements.end.bind(
            tenant_id=seen.tenant_id, device_id=seen.device_id, seen_endpoint=seen.endpoint
        )
        await self._database.write(Scope(seen.tenant_id), query)


def _subscription(record: Record) -> PushSubscription:
    return PushSubscription(**named(PushSubscription, record))
