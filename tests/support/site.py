"""The HTTP side over stores in memory: two tenants, people with passwords, and a browser."""

from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import msgspec
from litestar import Litestar

from protocols.values import Point
from protocols.vocabulary import DriverId, Instant, PersonId, Role, TenantId
from server.application.accounts import Accounts, Tenant
from server.application.device_door import DeviceDoor
from server.application.device_news import DeviceNews
from server.application.devices import DeviceLedger
from server.application.displays import DisplayDoor
from server.application.drivers_for import DriversFor
from server.application.insight import Insight, Pulse
from server.application.node import Node
from server.application.pace import Paced
from server.application.people import JournalPeople
from server.application.planner import Planner
from server.application.ports import Store
from server.application.push import PushLedger
from server.application.push_desk import PushDesk
from server.application.sign_in import Entrance, Lifetime, Verified
from server.application.tickets import Doors
from server.application.upload_ports import Blobs, UploadLedger
from server.application.uploads import Uploads
from server.domain.records import Person, SaveRecord
from server.http.orders import Drawing
from server.http.site import Reach, Surface, build_site
from server.http.static import Files
from server.pictures.cleaner import PictureCleaner
from server.realtime.views import order_in_full, order_masked
from server.settings import Settings
from server.telemetry.readiness import Readiness
from server.telemetry.security import SecurityLines
from server.telemetry.sparing import Sparing
from server.telemetry.traces import Traces
from tests.support.fakes import FakeClock, FakeIds
from tests.support.inline_solver import InlineSolver
from tests.support.memory_accounts import MemoryAccounts
from tests.support.memory_devices import MemoryDevices
from tests.support.memory_push import FakePushService, MemoryPush
from tests.support.memory_store import MemoryStore
from tests.support.memory_uploads import MemoryBlobs, MemoryUploads
from tests.support.nodes import Speaker, a_node, an_actor, furnish

OURS = "https://orders.example"
PASSWORD = "correct horse battery"

NORTH, SOUTH = TenantId("tenant-a"), TenantId("tenant-b")

DAY = 24 * 60 * 60 * 1_000

PEOPLE: dict[str, tuple[TenantId, tuple[Role, ...]]] = {
    "anna": (NORTH, ("owner", "user")),
    "cleo": (NORTH, ("csr",)),
    "wilma": (NORTH, ("warehouse",)),
    "zoe": (SOUTH, ("owner", "user")),
}


class PlainPasswords:
    """Keeps passwords as they are, and counts how often one was looked at."""

    def __init__(self) -> None:
        """Nobody asked yet."""
        self.looked_at = 0

    async def hash(self, password: str) -> str:
        """See `Passwords`."""
        return f"new:{password}"

    async def verify(self, kept: str | None, password: str) -> Verified:
        """See `Passwords`. Hashes that begin with `old:` are outdated."""
        self.looked_at += 1
        age, _, plain = (kept or "").partition(":")
        return Verified(right=plain == password, outdated=age == "old")


@dataclass
class SocketLog:
    """Stands for the live sockets and remembers who was closed."""

    closed: list[tuple[TenantId, str]] = field(default_factory=list)
    online: dict[TenantId, list[str]] = field(default_factory=dict)

    def close_sign_in(self, tenant_id: TenantId, sign_in_id: str) -> None:
        """See `Sockets`."""
        self.closed.append((tenant_id, sign_in_id))

    def close_subject(self, tenant_id: TenantId, subject: str) -> None:
        """See `Roster`."""
        self.closed.append((tenant_id, subject))

    def sign_ins(self, tenant_id: TenantId) -> frozenset[str]:
        """See `Sockets`."""
        return frozenset(self.online.get(tenant_id, ()))

    def close_person(
        self, tenant_id: TenantId, person_id: PersonId, *, keep: str | None = None
    ) -> None:
        """See `Sockets`."""
        self.closed.append((tenant_id, f"{person_id} but {keep}"))


@dataclass
class Nowhere:
    """Stands for the phones' last words: where each driver is."""

    points: dict[DriverId, Point] = field(default_factory=dict)

    def positions(self, tenant_id: TenantId) -> dict[DriverId, Point]:
        """See `Whereabouts`."""
        del tenant_id
        return self.points


@dataclass
class Site:
    """Everything a test of the HTTP side touches."""

    app: Litestar
    node: Node
    accounts: MemoryAccounts
    entrance: Entrance
    clock: FakeClock
    passwords: PlainPasswords
    sockets: SocketLog
    settings: Settings
    whereabouts: Nowhere = field(default_factory=Nowhere)
    solver: InlineSolver = field(default_factory=InlineSolver)

    @property
    def planner(self) -> Planner:
        """Who makes the plans."""
        reach: Reach = self.app.state.reach
        return reach.planner

    @property
    def asgi(self) -> Any:
        """The application as httpx takes it; its types are looser than Litestar's."""
        return self.app

    def browser(self, address: str = "203.0.113.7", **headers: str) -> httpx.AsyncClient:
        """A browser on one of our pages, at this address."""
        # An exception that no handler turned into an answer would be our bug: let it out.
        transport = httpx.ASGITransport(app=self.asgi, client=(address, 40_000))
        return httpx.AsyncClient(
            transport=transport, base_url=OURS, headers={"origin": OURS, **headers}
        )

    async def signed_in(self, who: str = "anna") -> httpx.AsyncClient:
        """A browser in which this person is signed in, with the nonce."""
        browser = self.browser()
        answer = await sign_in(browser, who)
        assert answer.status_code == 200, answer.text
        browser.headers["x-kanvoy-csrf"] = answer.json()["csrf"]
        return browser

    async def token(self, who: str = "anna") -> str:
        """A bearer token of this person."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.asgi), base_url=OURS
        ) as client:
            proof = {"email": f"{who}@example.org", "password": PASSWORD}
            answer = await client.post("/v1/tokens", json=proof)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    async def save(self, tenant_id: TenantId, person: Person) -> None:
        """Write a person's record."""
        speaker = Speaker(self.node, an_actor("System", tenant_id=tenant_id), f"s-{person.id}")
        speaker.number = await self.node.last_number(tenant_id, speaker.client_id)
        await speaker.do(SaveRecord(record=person))


def person(who: str, **changes: object) -> Person:
    """One of the people."""
    record = Person(
        id=PersonId(who), email=f"{who}@example.org", name=who.title(), roles=PEOPLE[who][1]
    )
    return msgspec.structs.replace(record, **changes)


async def sign_in(
    browser: httpx.AsyncClient, who: str = "anna", password: str = PASSWORD, **more: str
) -> httpx.Response:
    """Try to sign in."""
    proof = {"email": f"{who}@example.org", "password": password, **more}
    return await browser.post("/v1/session", json=proof)


def _fail(bug: BaseException) -> None:
    raise AssertionError from bug


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a site stands on: in memory, on a real database, or with a bug put in."""

    store: Store
    accounts: Accounts
    devices: DeviceLedger
    uploads: UploadLedger
    push: PushLedger
    blobs: Blobs = msgspec.field(default_factory=MemoryBlobs)


def in_memory() -> Ground:
    """Stores that pass the contracts of the real ones."""
    store, devices = MemoryStore(), MemoryDevices()
    return Ground(
        store=store,
        accounts=MemoryAccounts(store),
        devices=devices,
        uploads=MemoryUploads(),
        push=MemoryPush(devices),
    )


async def a_site(
    files: Files | None = None,
    ground: Ground | None = None,
    settings: Settings | None = None,
    traces: Traces | None = None,
) -> Site:
    """Two furnished tenants behind the HTTP side."""
    ground = ground or in_memory()
    store, clock, passwords = ground.store, FakeClock(), PlainPasswords()
    # Tests that look behind the port are those that stand on memory.
    accounts = cast("MemoryAccounts", ground.accounts)
    for tenant_id, slug in ((NORTH, "north"), (SOUTH, "south")):
        tenant = Tenant(id=tenant_id, slug=slug, name=slug.title(), created_at=Instant(1))
        assert await accounts.create_tenant(tenant)
    node = a_node(store, clock=clock)
    settings = settings or Settings(origins=frozenset({OURS}))
    entrance = Entrance(
        accounts,
        JournalPeople(node, settings.preset),
        passwords,
        clock=clock,
        ids=FakeIds(7),
        lifetime=Lifetime(longest=7 * DAY, idle=DAY),
    )
    surface = Surface(
        settings=settings,
        files=files or {},
        drawing=Drawing(order_in_full, order_masked),
        new_request_id=lambda: "request-1",
        security=SecurityLines(Sparing(clock.monotonic)),
        traces=traces,
    )
    app = build_site(surface)
    site = Site(app, node, accounts, entrance, clock, passwords, SocketLog(), settings)

    devices = DeviceDoor(
        ground.devices,
        accounts,
        DeviceNews(node, site.sockets.close_subject),
        settings.preset,
        clock=clock,
        ids=FakeIds(8),
    )
    app.state.reach = Reach(
        node=node,
        entrance=entrance,
        devices=devices,
        displays=DisplayDoor(devices, clock=clock, ids=FakeIds(9)),
        doors=Doors(entrance, devices, clock=clock, ids=FakeIds(10)),
        uploads=Uploads(
            ground.uploads,
            ground.blobs,
            PictureCleaner(),
            clock=clock,
            ids=FakeIds(11),
            quota=20_000_000,
        ),
        push_desk=PushDesk(
            ground.push,
            ground.devices,
            FakePushService(lambda endpoint: "internal" not in endpoint),
            clock=clock,
            key="B" * 87,
        ),
        drivers_for=DriversFor(node, site.whereabouts),
        planner=Planner(node, site.solver, site.whereabouts, _fail),
        paced=Paced(clock),
        sockets=site.sockets,
        insight=Insight(
            sockets=lambda _: {"desk": 0, "driver": 0, "display": 0},
            lag=lambda _: {},
            pulse=Pulse(),
        ),
        readiness=Readiness((), clock.monotonic),
    )
    for tenant_id in (NORTH, SOUTH):
        await furnish(node, tenant_id)
    for who, (tenant_id, _) in PEOPLE.items():
        await site.save(tenant_id, person(who))
        await entrance.set_password(tenant_id, PersonId(who), f"{who}@example.org", PASSWORD)
    return site
