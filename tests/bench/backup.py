"""A whole installation: how long it takes to back it up, and to have it back and verified."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protocols.vocabulary import Instant, TenantId
from server.application.accounts import Tenant
from server.application.ports import Committed
from server.backing_up import Backed, backup
from server.demo.engines.found import Found
from server.demo.engines.postgres import find_postgres, start_postgres
from server.restoring import Restored, Wanted, restore
from server.settings import Settings
from server.storage.migrate import migrate
from server.storage.open import open_storage
from server.system import RandomIds
from tests.bench.report import Report, Scale, at_most, machine, rounded
from tests.bench.seed import batches

_TENANTS = 4


def run(scale: Scale) -> Report:
    """Twice the scale's orders; from SQLite into SQLite, and into PostgreSQL where there is one."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, _postgres() as url:
        backed, restored, elsewhere = asyncio.run(_measured(scale, Path(folder), url))
    other = elsewhere.seconds if elsewhere else None
    return Report(
        name="backup",
        machine=machine(),
        figures={
            "orders": 2 * scale.orders,
            "records": backed.manifest.rows,
            "backup MB": rounded(backed.bytes / 1e6),
            "backup s": rounded(backed.seconds),
            "restore and verify, SQLite s": rounded(restored.seconds),
            "restore and verify, PostgreSQL s": rounded(other),
        },
        goals=[
            at_most("backup while servers go on", backed.seconds, 60, " s"),
            at_most("restored and verified, SQLite", restored.seconds, 60, " s"),
            at_most("restored and verified, PostgreSQL", other, 60, " s"),
        ],
    )


@contextmanager
def _postgres() -> Iterator[str]:
    place = find_postgres()
    if not isinstance(place, Found):
        yield ""
        return
    server = start_postgres(place)
    try:
        yield server.databases.create().url
    finally:
        server.close()


async def _measured(
    scale: Scale, folder: Path, url: str
) -> tuple[Backed, Restored, Restored | None]:
    here = Settings(data=folder / "here")
    await _fill(here, 2 * scale.orders // _TENANTS)
    backed = await backup(here, folder / "backup.zip")
    wanted = Wanted(source=backed.path)
    restored = await restore(Settings(data=folder / "there"), wanted)
    served = Settings(data=folder / "served", database_url=url)
    return backed, restored, await restore(served, wanted) if url else None


async def _fill(settings: Settings, orders: int) -> None:
    settings.data.mkdir()
    await migrate(settings.database)
    async with open_storage(settings.database) as storage:
        for number in range(_TENANTS):
            tenant_id = TenantId(f"tenant-{number}")
            tenant = Tenant(id=tenant_id, slug=tenant_id, name=tenant_id, created_at=Instant(1))
            assert await storage.accounts.create_tenant(tenant)
            for batch in batches(tenant_id, number, orders, RandomIds()):
                head = await storage.store.head(tenant_id)
                assert (head.sequence, head.nonce) == (batch.base.sequence, batch.base.nonce)
                assert await storage.store.commit(batch) == Committed()
