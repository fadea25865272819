"""A house for the prober: two tenants on a real database, one that asks and one to be kept out of.

Two houses of the same seed differ in one thing only: what the things of the second tenant are
called. So what is foreign in one is unknown in the other, and every byte of every answer must be
the same.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from protocols.closing import Close
from protocols.commands import Command
from protocols.fleet import SaveDisplay
from protocols.handshake import App, Hello
from protocols.vocabulary import (
    ClientId,
    DriverId,
    Instant,
    OrderId,
    PersonId,
    PlanId,
    Role,
    SessionId,
    TenantId,
    UploadId,
    Version,
    ViewId,
)
from server.application.device_door import Visitor
from server.application.devices import Device, DeviceToken
from server.application.principal import Principal
from server.application.sign_in import Proof, SignedIn, hashed
from server.application.upload_ports import Upload
from server.domain.actor import Actor
from server.domain.fleet import Plan
from server.domain.records import Person, SaveRecord
from server.http.site import Reach
from server.realtime.connection import Offering
from server.realtime.feeds import Feeds
from server.realtime.gate import Cookies
from server.realtime.perform import Performer
from server.realtime.presence import Presences
from server.realtime.roster import Roster
from server.realtime.session import Opening, Session
from server.realtime.socket import Door, Entry, realtime_route
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Wheel
from server.realtime.wire import Codec, Encoded
from server.settings import Settings
from server.storage.open import open_storage
from tests.experiments.asked import Headers
from tests.experiments.slots import OWN_SETS, of_stranger, renamed
from tests.parity.cases import START
from tests.parity.record_cases import RECORDS
from tests.support.fakes import MONDAY, FakeIds
from tests.support.nodes import Speaker, an_actor
from tests.support.site import NORTH, OURS, PASSWORD, SOUTH, Ground, Site, a_site, in_memory

STAFF: dict[str, tuple[Role, ...]] = {
    "owner": ("owner", "superadmin", "user"),
    "backoffice": ("order", "backoffice"),
    "csr": ("csr",),
    "warehouse": ("warehouse",),
    "dispatcher": ("dispatcher",),
}

AUDIENCES = (*STAFF, "driver", "display", "anonymous")

SECRET = "qzecret"
"""In every text of the other tenant; nobody else writes it."""

_COOKIES = Cookies(person="__Host-kanvoy", display="__Host-kanvoy-display")
_AFTER = Instant(MONDAY + 80 * 24 * 3_600 * 1_000)
_STILL_SECONDS = 10.0


class Ear(Offering):
    """A line that keeps the bytes of what it is told."""

    deflate = False

    def __init__(self, session_id: str, codec: Codec) -> None:
        """Open, and nothing was said."""
        self.session_id = SessionId(session_id)
        self.codec = codec
        self.heard: list[bytes] = []
        self.closed: Close | bool | None = False

    def write(self, message: Encoded) -> None:
        """Keep what a socket would have carried."""
        if self.closed is False:
            self.heard.append(message.payload(self.codec, deflate=False)[0])

    def unsent(self) -> int:
        """Takes everything at once."""
        return 0

    def close(self, code: Close | None) -> None:
        """Keep the code."""
        self.closed = code
        self.heard.append(f"closed {code}".encode())

    def abort(self) -> None:
        """Keep that it was cut."""
        self.close(None)


Flaw = Callable[[Ground], Ground]
"""Puts a bug into what a house stands on."""

FeedsType = type[Feeds]


class House:
    """One site with its sockets; `salt` begins every name the other tenant uses."""

    def __init__(self, site: Site, ground: Ground, salt: str, feeds: FeedsType) -> None:
        """Wire the sockets to the site as the composition root does."""
        self.site, self.ground, self.salt = site, ground, salt
        self.bugs: list[BaseException] = []
        self.incidents = FakeIds(21)
        clock, ids = site.clock, FakeIds(20)
        self.wheel = Wheel(clock)
        self.roster = Roster(ids)
        self._later: list[Callable[[], None]] = []
        reach: Reach = site.app.state.reach
        site.app.state.reach = self.reach = msgspec.structs.replace(reach, sockets=self.roster)
        self.around = Surroundings(
            feeds=feeds(site.node, lambda _, work: self._later.append(work)),
            commands=site.node,
            authenticator=reach.doors,
            presences=Presences(self.wheel, clock),
            roster=self.roster,
            wheel=self.wheel,
            clock=clock,
            report=self._report,
        )
        entry = Entry(origins=site.settings.allowed_origins, cookies=_COOKIES)
        site.app.register(realtime_route(Door(entry, self.around, ids)))
        self.credentials: dict[str, Headers] = {}
        self.principals: dict[str, Principal] = {}
        self.watcher: Ear
        self._sessions = 0
        self._rest: frozenset[asyncio.Task[object]] = frozenset()

    def _report(self, bug: BaseException) -> str:
        self.bugs.append(bug)
        return self.incidents.uuid()

    async def furnish(self) -> None:
        """People, devices, orders and files of both tenants."""
        await self._own()
        await self._strange()
        await self.still()
        self.watcher = await self._watch_the_stranger()
        await self.still()
        self.watcher.heard.clear()

    def open(self, principal: Principal, codec: Codec = "json") -> tuple[Performer, Ear]:
        """A socket of this principal, before its first word."""
        self._sessions += 1
        ear = Ear(f"session-{self._sessions}", codec)
        opening = Opening(
            session_id=ear.session_id, principal=principal, codec=codec, first_ping=20.0
        )
        return Performer(Session(opening, self.around.now()), ear, self.around), ear

    async def still(self) -> None:
        """Wait until nothing moves: every task has ended and every frame was made."""
        here = asyncio.current_task()
        async with asyncio.timeout(_STILL_SECONDS):
            while True:
                while self._later:
                    self._later.pop(0)()
                moving = {t for t in asyncio.all_tasks() if t is not here and not t.done()}
                if not moving - self._rest:
                    return
                await asyncio.wait(moving - self._rest)

    async def renew(self, audience: str) -> None:
        """Sign this audience in, anew if it was before."""
        if audience == "anonymous":
            self.credentials[audience] = (("origin", OURS),)
            return
        if audience in STAFF:
            proof = Proof(email=f"{audience}@example.org", password=PASSWORD, kind="cookie")
            came = await self.reach.entrance.sign_in(proof)
            assert isinstance(came, SignedIn), came
            principal = came.principal
            headers = _as_cookie(_COOKIES.person, came.token, principal.nonce)
        else:
            principal, headers = await self._device(audience)
        self.principals[audience], self.credentials[audience] = principal, headers

    async def _device(self, audience: str) -> tuple[Principal, Headers]:
        kind, subject = ("driver", "driver-1") if audience == "driver" else ("display", "hall")
        devices, visitor = self.reach.devices, Visitor(name="Own", address="", agent="")
        made = await devices.pair(NORTH, kind, subject, by="Owner")  # type: ignore[arg-type]
        assert made is not None
        tokens = await devices.claim(made[0], visitor)
        assert tokens is not None
        if audience == "display":
            cookie = _as_cookie(_COOKIES.display, tokens.access, tokens.principal.nonce)
            return tokens.principal, (*cookie, ("x-kanvoy-as", "display"))
        bearer = ("authorization", f"Bearer {tokens.access}")
        return tokens.principal, (("origin", OURS), bearer)

    async def _own(self) -> None:
        speaker = Speaker(self.site.node, an_actor("System", tenant_id=NORTH), "own-furnisher")
        for person_id, roles in STAFF.items():
            await self._person(NORTH, person_id, roles)
        for command, _ in RECORDS:
            await speaker.do(command)
        for number in range(OWN_SETS):
            for command in START:
                await speaker.do(renamed(command, f"o{number}-", orders_only=True))
        await speaker.do(SaveRecord(record=_plan("plan-1", "Owner")))
        await self._file(NORTH, "", "owner")
        await self._phone(NORTH, "", "driver-1")
        for audience in AUDIENCES:
            await self.renew(audience)

    async def _strange(self) -> None:
        """The other tenant: the same things under other names, with the secret in every text."""
        salt = self.salt
        speaker = Speaker(self.site.node, an_actor("System", tenant_id=SOUTH), "strange-furnisher")
        for driver in ("driver-1", "driver-2"):
            # Who else is there: what the parity cases find in every tenant.
            await speaker.do(of_stranger(_driver(driver), salt))
        for command, _ in RECORDS:
            await speaker.do(of_stranger(command, salt))
        await speaker.do(of_stranger(SaveDisplay(view_id=ViewId("lobby"), name="canary"), salt))
        for command in START:
            await speaker.do(of_stranger(command, salt))
        await self._person(SOUTH, f"{salt}zoe", ("owner",))
        await speaker.do(SaveRecord(record=_plan(f"{salt}plan-1", f"{SECRET}-{salt}")))
        await self._file(SOUTH, salt, f"{salt}zoe")
        await self._phone(SOUTH, salt, f"{salt}driver-1")

    async def _watch_the_stranger(self) -> Ear:
        """A socket of the other tenant that watches everything and must never hear of us."""
        zoe = await self.reach.entrance.sign_in(
            Proof(email=f"{self.salt}zoe@example.org", password=PASSWORD, kind="bearer")
        )
        assert isinstance(zoe, SignedIn), zoe
        performer, ear = self.open(zoe.principal)
        salt = self.salt
        channels = (
            "board", "board~masked", "dispatch", "house", "presence:board", "presence:drivers",
            f"order:{salt}order-1", f"presence:order:{salt}order-1", f"driver:{salt}driver-1",
            f"display:{salt}hall",
        )  # fmt: skip
        hello = Hello(
            protocol=(1, 1),
            client_id=ClientId(f"{salt}client"),
            app=App(kind="board"),
            subscriptions=[{"channel": each} for each in channels],  # type: ignore[misc]
        )
        performer.received(msgspec.json.encode(hello), binary=False)
        return ear

    async def _person(self, tenant_id: TenantId, name: str, roles: tuple[Role, ...]) -> None:
        person = Person(id=PersonId(name), email=f"{name}@example.org", name=name, roles=roles)
        await self.site.save(tenant_id, person)
        await self.site.entrance.set_password(tenant_id, person.id, person.email, PASSWORD)

    async def _file(self, tenant_id: TenantId, salt: str, by: str) -> None:
        body = f"{SECRET if salt else 'own'} picture".encode()
        upload = Upload(
            tenant_id=tenant_id, id=UploadId(f"{salt}upload-1"), kind="photo",
            order_id=f"{salt}order-1", delivery_id=f"{salt}order-1-d1", by_id=by, bytes=9,
            sha256="0" * 64, state="stored", blob=f"{salt}blob", stored_bytes=len(body),
            media_type="image/jpeg", created_at=MONDAY,
        )  # fmt: skip
        assert await self.ground.uploads.open_upload(msgspec.structs.replace(upload, state="open"))
        assert await self.ground.uploads.end_upload(upload)
        await self.ground.blobs.keep(tenant_id, upload.blob, body)

    async def _phone(self, tenant_id: TenantId, salt: str, driver: str) -> None:
        device = Device(
            tenant_id=tenant_id, id=f"{salt}device-1", kind="driver", subject=driver,
            name=f"{SECRET}-{salt}" if salt else "Own", nonce=f"{salt}nonce", address="",
            agent="", paired_at=MONDAY, seen_at=MONDAY, rotated_at=MONDAY,
        )  # fmt: skip
        token = DeviceToken(
            tenant_id=tenant_id, device_id=device.id, token_hash=hashed(f"{salt}bearer-1"),
            use="access", generation=1, expires_at=_AFTER,
        )  # fmt: skip
        await self.ground.devices.open_device(device, [token])

    async def version(self, order_id: str) -> Version:
        """What a screen of the asking tenant would have seen of an order."""
        order = (await self.site.node.images(NORTH)).order(OrderId(order_id))
        return order.version if order is not None else Version(1)


def _as_cookie(name: str, token: str, nonce: str) -> Headers:
    return (("origin", OURS), ("cookie", f"{name}={token}"), ("x-kanvoy-csrf", nonce))


def _plan(plan_id: str, by: str) -> Plan:
    return Plan(id=PlanId(plan_id), by_name=by, at=MONDAY)


def _driver(driver_id: str) -> Command:
    command = RECORDS[0][0]
    return msgspec.structs.replace(command, driver_id=DriverId(driver_id), name="canary")


def stranger() -> Actor:
    """Somebody of the other tenant."""
    return an_actor("Zoe", tenant_id=SOUTH)


@asynccontextmanager
async def a_house(
    file: Path | None,
    salt: str,
    flaw: Flaw | None = None,
    feeds: FeedsType = Feeds,
    settings: Settings | None = None,
) -> AsyncIterator[House]:
    """A furnished house over a migrated SQLite file of its own, or in memory."""
    async with AsyncExitStack() as stack:
        ground = in_memory() if file is None else await _on_file(file, stack)
        ground = ground if flaw is None else flaw(ground)
        site = await a_site(ground=ground, settings=settings)
        house = House(site, ground, salt, feeds)
        await house.furnish()
        yield house
        await house.still()


async def _on_file(file: Path, stack: AsyncExitStack) -> Ground:
    storage = await stack.enter_async_context(open_storage(f"sqlite:///{file}"))
    return Ground(
        store=storage.store,
        accounts=storage.accounts,
        devices=storage.devices,
        uploads=storage.uploads,
        push=storage.push,
    )
