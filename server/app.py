"""The composition root: the only module of the server that names concrete adapters."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from litestar import Litestar
from structlog import get_logger

from protocols.vocabulary import Instant, TenantId
from server.anchoring.anchors import ROUND_SECONDS as ANCHOR_SECONDS
from server.anchoring.anchors import Anchors
from server.application.device_door import DeviceDoor
from server.application.device_news import DeviceNews, Valid
from server.application.displays import DisplayDoor
from server.application.drivers_for import DriversFor
from server.application.escalations import ROUND_SECONDS, Escalations
from server.application.insight import Insight, Pulse
from server.application.node import Node
from server.application.pace import Paced, Paces
from server.application.people import JournalPeople
from server.application.planner import Planner
from server.application.push_desk import PushDesk
from server.application.sign_in import Entrance, Lifetime
from server.application.tickets import Doors
from server.application.uploads import Uploads
from server.application.wake_ups import ROUND_SECONDS as WAKING_SECONDS
from server.application.wake_ups import WakeUps
from server.bus import joined
from server.doctor import STATIC
from server.domain.records import Person
from server.http.health import BUILD
from server.http.orders import Drawing
from server.http.passwords import Argon2
from server.http.peer import address_of
from server.http.site import Reach, Surface, build_site
from server.http.static import read_files
from server.jobs.going import going
from server.jobs.head_beat import HeadBeat
from server.jobs.loop_gap import LoopGap
from server.jobs.rounds import Round, Rounds
from server.jobs.schedule import schedule
from server.jobs.unfinished_uploads import UnfinishedUploads
from server.oversight import Oversight
from server.pictures.cleaner import PictureCleaner
from server.push.vapid import SECRET_NAME, Vapid, new_private_key
from server.push.web_push import WebPush
from server.realtime.feeds import Feeds
from server.realtime.gate import Cookies
from server.realtime.intake import Intake
from server.realtime.presence import Presences
from server.realtime.presence_abroad import REPEAT_SECONDS, PresenceAbroad
from server.realtime.roster import CHECK_SECONDS, Roster
from server.realtime.roster_abroad import RosterAbroad
from server.realtime.socket import Door, Entry, realtime_route
from server.realtime.surroundings import Surroundings
from server.realtime.timers import Turning, Wheel
from server.realtime.uvicorn_protocol import uvicorn_options
from server.realtime.views import order_in_full, order_masked
from server.realtime.whereabouts import Whereabouts
from server.routing.worker_process import WorkerProcess
from server.settings import Settings
from server.storage.blobs import FileBlobs
from server.storage.open import Storage, open_storage
from server.system import RandomIds, SystemClock
from server.telemetry.logs import start_logging

_log = get_logger()

GARBAGE = (2_000, 5, 2_000)
"""Looks for cycles are short and full ones rare: at most 7 ms with 2,000 sockets and a thousand
changes a second, on a slow machine (2026-11). With (20,000, 20, 50) it was 200 ms now and then;
with Python's own (700, 10, 10) a fifth of the time of a large snapshot. Frames, views and orders
have no cycles and are not looked at: `protocols.struct`."""

_HOUR_MS = 60 * 60 * 1_000

VERDICTS_KEPT_MS = 7 * 24 * _HOUR_MS
"""A client that was away longer looks at the orders instead (RC27)."""


class House:
    """One node, furnished: everything that lives as long as the process."""

    def __init__(self, settings: Settings, meeting: Path | None = None) -> None:
        """Know the clock and the ids; the rest comes with the storage.

        `meeting` is the folder where the workers of one machine meet.
        """
        self.settings = settings
        self.meeting = meeting
        self.clock = SystemClock()
        self.ids = RandomIds()
        self.roster = Roster(self.ids)
        self.paces = Paces(settings.tenant_commands)
        self.pulse = Pulse()
        self.oversight = Oversight(settings, self.clock, self.ids)
        self.leaving = False

    def standing_changed(self, tenant_id: TenantId, person: Person) -> None:
        """Sockets carry the rights of their opening: open them anew, or not at all."""
        if person.active:
            self.roster.move_person(tenant_id, person.id)
        else:
            self.roster.close_person(tenant_id, person.id)

    def entrance(self, storage: Storage, node: Node) -> Entrance:
        """The door for people."""
        settings = self.settings
        return Entrance(
            storage.accounts,
            JournalPeople(node, settings.preset, self.standing_changed),
            Argon2(),
            clock=self.clock,
            ids=self.ids,
            lifetime=Lifetime(
                longest=settings.session_days * 24 * _HOUR_MS, idle=settings.idle_hours * _HOUR_MS
            ),
        )

    def device_door(self, storage: Storage, node: Node) -> DeviceDoor:
        """The door for phones and displays."""
        return DeviceDoor(
            storage.devices,
            storage.accounts,
            DeviceNews(node, self.device_ended),
            self.settings.preset,
            clock=self.clock,
            ids=self.ids,
        )

    def uploads(self, storage: Storage) -> Uploads:
        """Pictures on their way from phones."""
        return Uploads(
            storage.uploads,
            FileBlobs(self.settings.data / "uploads"),
            PictureCleaner(),
            clock=self.clock,
            ids=self.ids,
            quota=self.settings.upload_megabytes * 1_024 * 1_024,
        )

    def planner(self, node: Node, whereabouts: Whereabouts) -> Planner:
        """Who makes plans, with a solver in a process of its own."""
        solver = WorkerProcess(self.settings.routing_url)
        return Planner(node, solver, whereabouts, self.oversight.report_alone)

    async def push(self, storage: Storage, node: Node) -> tuple[PushDesk, WakeUps]:
        """Who wakes phones, with the key of this installation: made once, for all nodes. [WU4]"""
        private_key = await storage.push.keep_secret(SECRET_NAME, new_private_key())
        page = self.settings.page_address
        vapid = Vapid(private_key, page if page.startswith("https:") else "mailto:root@localhost")
        service = WebPush(vapid, self.clock)
        desk = PushDesk(
            storage.push, storage.devices, service, clock=self.clock, key=vapid.public_key
        )
        return desk, WakeUps(node, storage.push, service, self.roster, self.ids)

    def device_ended(self, tenant_id: TenantId, subject: str) -> None:
        """A driver or a view is no longer active: whoever spoke for it hears nothing more."""
        self.roster.close_subject(tenant_id, subject)

    def rounds(
        self,
        storage: Storage,
        node: Node,
        doors: tuple[Entrance, DeviceDoor],
        feeds: Feeds,
        workers: tuple[Uploads, Planner, WakeUps],
    ) -> Rounds:
        """What the node does without being asked."""
        entrance, devices = doors
        uploads, planner, wake_ups = workers
        escalate = Escalations(node).round

        async def check_roster() -> None:
            await self.roster.check(Valid(storage.accounts, storage.devices), self.clock)

        async def mark() -> None:
            feeds.mark()

        async def evict() -> None:
            for tenant_id in node.evict(self.roster.tenants()):
                feeds.forget(tenant_id)

        async def prune() -> None:
            await entrance.throttle.forget_old()
            now = self.clock.now()
            await storage.devices.prune_asking(now)
            for tenant in await storage.accounts.tenants():
                await storage.accounts.prune_sign_ins(tenant.id, now)
                await storage.devices.prune_devices(tenant.id, now)
                await storage.store.prune_verdicts(tenant.id, Instant(now - VERDICTS_KEPT_MS))

        return Rounds(
            (
                Round(name="unacknowledged stops", seconds=ROUND_SECONDS, work=escalate),
                Round(name="wake-ups", seconds=WAKING_SECONDS, work=wake_ups.round),
                Round(name="lost plans", seconds=10.0, work=planner.round),
                Round(
                    name="devices of leavers",
                    seconds=1.0,
                    work=partial(self.oversight.revoke_leavers, devices),
                ),
                Round(name="revocations", seconds=CHECK_SECONDS, work=check_roster),
                Round(name="quiet channels", seconds=30.0, work=mark),
                Round(name="unused journals", seconds=60.0, work=evict),
                Round(
                    name="anchors",
                    seconds=ANCHOR_SECONDS,
                    work=Anchors(
                        self.settings.data, storage.store, storage.accounts, self.clock
                    ).round,
                ),
                Round(
                    name="unfinished uploads",
                    seconds=300.0,
                    work=UnfinishedUploads(uploads, storage.accounts, self.clock).round,
                ),
                Round(name="what is too old", seconds=3_600.0, work=prune),
            ),
            took=self.pulse.round_took,
        )


def _build(house: House) -> Litestar:
    """The application of one node; its storage opens and closes with the lifespan."""
    surface = Surface(
        settings=house.settings,
        files=read_files(STATIC),
        drawing=Drawing(order_in_full, order_masked),
        new_request_id=house.ids.uuid,
        security=house.oversight.security,
        traces=house.oversight.traces,
    )

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with _furnished(house, app):
            # A full collection over 5,000 sockets takes 298 ms, after freezing 0 (2026-11).
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE)
            yield
        await house.oversight.close()

    return build_site(surface, lifespan=[lifespan])


@asynccontextmanager
async def _furnished(house: House, app: Litestar) -> AsyncIterator[None]:
    """Open the storage and everything on top of it, and close it in the other order."""
    settings, clock, oversight = house.settings, house.clock, house.oversight
    async with (
        open_storage(settings.database) as storage,
        joined(settings, house.ids, house.meeting) as fanout,
    ):
        node = Node(storage.store, clock, house.ids, fanout, oversight.report_rule)
        intake = Intake(clock)
        node.slowness, node.arriving = oversight.slowness(), intake.holds
        entrance = house.entrance(storage, node)
        devices = house.device_door(storage, node)
        uploads = house.uploads(storage)
        doors = Doors(entrance, devices, clock=clock, ids=house.ids)
        wheel = Wheel(clock)
        abroad = PresenceAbroad(Presences(wheel, clock), fanout, clock, house.ids.uuid())
        whereabouts = Whereabouts(abroad.presences)
        planner = house.planner(node, whereabouts)
        push_desk, wake_ups = await house.push(storage, node)
        feeds = Feeds(node, schedule)
        around = Surroundings(
            feeds=feeds,
            commands=node,
            authenticator=doors,
            presences=abroad.presences,
            roster=house.roster,
            wheel=wheel,
            clock=clock,
            paces=house.paces,
            intake=intake,
            report=oversight.report,
            security=oversight.security,
        )
        entry = Entry(
            origins=settings.allowed_origins,
            cookies=Cookies(person=settings.cookie_name, display=settings.display_cookie_name),
            build=BUILD,
            strangers=app.state.strangers,
            nearest=partial(address_of, trusted=settings.trusted_proxies),
        )
        app.register(realtime_route(Door(entry, around, house.ids)))

        app.state.reach = Reach(
            node=node,
            entrance=entrance,
            devices=devices,
            displays=DisplayDoor(devices, clock=clock, ids=house.ids),
            doors=doors,
            uploads=uploads,
            push_desk=push_desk,
            drivers_for=DriversFor(node, whereabouts),
            planner=planner,
            paced=Paced(clock),
            paces=house.paces,
            sockets=RosterAbroad(house.roster, fanout),
            insight=Insight(sockets=house.roster.audiences, lag=feeds.lag, pulse=house.pulse),
            readiness=oversight.readiness(storage, fanout, lambda: house.leaving),
        )
        rounds = house.rounds(
            storage, node, (entrance, devices), feeds, (uploads, planner, wake_ups)
        )
        turning, gap = Turning(wheel), LoopGap(house.pulse.loop_gap.took)
        try:
            async with going(rounds, HeadBeat(node.beat, fanout), _presence(abroad), gap):
                yield
        finally:
            await planner.close()
            turning.stop()
            await node.close()


def _presence(abroad: PresenceAbroad) -> Rounds:
    return Rounds((Round(name="presence", seconds=REPEAT_SECONDS, work=abroad.round),))


class CannotServe(Exception):
    """The node did not get to the point where it answers."""


class _Server(uvicorn.Server):
    """Uvicorn that asks the sockets to move before it cuts them, and ends with exit code 0."""

    def __init__(self, config: uvicorn.Config, house: House, opened: Callable[[], None]) -> None:
        super().__init__(config)
        self._house = house
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the storage, then answer; only now is it true that we serve."""
        try:
            await super().startup(sockets)
        except SystemExit as given_up:
            raise CannotServe("the node could not be opened; the log says why") from given_up
        self._opened()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave; a second Ctrl-C does not wait for anybody."""
        del frame
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, let the sockets move on, then close."""
        self._house.leaving = True
        for server in self.servers:
            server.close()
        seconds = self._house.settings.drain_seconds
        if len(self._house.roster) and not self.force_exit:
            _log.info("draining", sockets=len(self._house.roster), seconds=seconds)
            try:
                # The last ones are asked when half the time has passed, and get the other half.
                await asyncio.wait_for(self._house.roster.drain(seconds / 2), seconds)
            except TimeoutError:
                _log.info("cutting", sockets=len(self._house.roster))
        await super().shutdown(sockets)


async def serve(
    settings: Settings,
    sockets: list[socket.socket],
    opened: Callable[[], None],
    meeting: Path | None = None,
) -> None:
    """Serve on sockets that listen until a signal comes; the schema must be up to date.

    `opened` is called once, when requests are answered; `meeting` is the folder where the workers
    of this machine meet. Raises `CannotServe`.
    """
    start_logging(settings.log_level, settings.log_format)
    house = House(settings, meeting)
    config = uvicorn.Config(
        _build(house),
        log_config=None,
        access_log=False,
        # We judge `X-Forwarded-For` ourselves; uvicorn would change the peer for everybody.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.sockets,
        timeout_graceful_shutdown=5,
        **uvicorn_options(),
    )
    await _Server(config, house, opened).serve(sockets)
