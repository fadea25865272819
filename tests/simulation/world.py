"""A schedule by chance: who does what, and what fails when, all from one seed."""

import asyncio
import random
from collections.abc import Callable

import msgspec
from kanvoy_client._wire.from_server import Receipt

from protocols.vocabulary import DriverId
from tests.simulation.player import Player
from tests.simulation.process import Process
from tests.simulation.scene import Parts, Scene
from tests.support.nodes import TENANT, an_actor

_AN_HOUR_MS = 3_600_000

Fault = Callable[[Process], None]
"""Something that goes wrong at, or beside, a living process."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one schedule came to."""

    commands: int
    applied: int
    rows: int
    lost: int
    steps: int


class World:
    """One schedule. `run` raises `Divergence` when a property of PROTOCOL.md 9 does not hold."""

    def __init__(self, seed: int, *, commands: int = 160, parts: Parts | None = None) -> None:
        """Set the scene; nothing happens before `run`."""
        self._commands = commands
        self._scene = scene = Scene(seed, parts or Parts())
        self._chance = scene.chance
        scene.bus.loss = self._chance.choice((0.0, 0.1, 0.5, 1.0))
        scene.pace = self._chance.choice((0.0, 0.02, 0.2))
        self._faults = self._faults_by_weight(forks=self._chance.random() < 0.25)

    def run(self) -> Outcome:
        """Play the schedule to its end and judge it."""
        scene = self._scene
        scene.play(self._play)
        answered = [a for p in scene.players for a in p.answers.values()]
        return Outcome(
            commands=sum(player.issued for player in scene.players),
            applied=sum(isinstance(a, Receipt) for a in answered),
            rows=len(scene.store.written(TENANT)),
            lost=scene.store.lost,
            steps=scene.loop.steps,
        )

    async def _play(self) -> None:
        scene = self._scene
        for _ in range(self._chance.choice((1, 2, 2, 3))):
            scene.start_process()
        editors, watchers = self._editors(), self._watchers()
        tasks = [scene.watch(self._fail_at_times()), *(scene.watch(w.look_on()) for w in watchers)]
        drivers = self._drivers()
        said = self._commands // 8
        left = self._commands - said * len(drivers)
        shares = [(left + n) // len(editors) for n in range(len(editors))]
        lives = [scene.watch(e.live(n)) for e, n in zip(editors, shares, strict=True)]
        lives += [scene.watch(driver.live(said)) for driver in drivers]
        while not all(life.done() for life in lives):
            await asyncio.sleep(1.0)
            scene.look_for_trouble()
        for task in tasks:
            task.cancel()
        await scene.quiet()
        scene.judge()

    def _editors(self) -> list[Player]:
        invite = self._scene.invite
        return [
            invite("anna", an_actor("Anna"), ("board",)),
            invite("ben", an_actor("Ben"), ("board", "driver:driver-2"), "msgpack"),
            invite("cleo", an_actor("Cleo"), ("board", "board~masked")),
        ]

    def _drivers(self) -> list[Player]:
        """Phones that say what happens on the road, in half of the schedules."""
        # A chance of its own, as below.
        if random.Random(f"{self._scene.seed}/road").random() < 0.5:
            return []
        return [
            self._scene.invite(
                name,
                an_actor(name.title(), roles=("driver",), driver_id=DriverId(driver_id)),
                (f"driver:{driver_id}", "house"),
            )
            for name, driver_id in (("dina", "driver-1"), ("tom", "driver-2"))
        ]

    def _watchers(self) -> list[Player]:
        invite = self._scene.invite
        dora = an_actor("Dora", roles=("driver",), driver_id=DriverId("driver-1"))
        watchers = [invite("dora", dora, ("driver:driver-1",))]
        if self._chance.random() < 0.3:
            eve = an_actor("Eve", roles=("warehouse",))
            watchers.append(invite("eve", eve, ("board~masked",), "msgpack"))
        # A chance of its own: with the schedule's the other players would live another life.
        if random.Random(f"{self._scene.seed}/hall").random() < 0.5:
            hall = an_actor("Hall", roles=("display",))
            watchers.append(invite("hall", hall, ("display:hall",)))
        return watchers

    async def _fail_at_times(self) -> None:
        while True:
            await asyncio.sleep(self._chance.random() * 2.0)
            process = self._scene.a_process()
            assert process is not None, "a crashed process is replaced at once"
            self._chance.choice(self._faults)(process)

    def _faults_by_weight(self, *, forks: bool) -> list[Fault]:
        weights: list[tuple[int, Fault]] = [
            (5, self._crash),
            (4, self._fail_before_commit),
            (4, self._fail_after_commit),
            (2, self._trim),
            (2, self._change_loss),
            (1, self._change_clock),
            (1, self._revoke),
            (1, self._starve),
            (2, self._stall),
            (2 if forks else 0, self._fail_over),
        ]
        return [fault for weight, fault in weights for _ in range(weight)]

    def _crash(self, process: Process) -> None:
        process.crash()
        self._scene.store.power_cut(TENANT)
        self._scene.start_process()

    def _fail_before_commit(self, _: Process) -> None:
        self._scene.store.fail_before_commit += 1

    def _fail_after_commit(self, _: Process) -> None:
        self._scene.store.fail_after_commit += 1

    def _trim(self, _: Process) -> None:
        self._scene.store.trim(TENANT, self._chance.choice((3, 10, 100)))

    def _change_loss(self, _: Process) -> None:
        self._scene.bus.loss = self._chance.choice((0.0, 0.5, 1.0))

    def _change_clock(self, process: Process) -> None:
        process.clock.jumped = self._chance.choice((-1, 0, 1)) * _AN_HOUR_MS

    def _revoke(self, process: Process) -> None:
        process.revoke(TENANT, self._chance.choice(self._scene.players).actor.id)

    def _starve(self, process: Process) -> None:
        process.starve(self._chance.randint(1, 4))

    def _stall(self, process: Process) -> None:
        process.stall(self._chance.random() * 4.0)

    def _fail_over(self, _: Process) -> None:
        self._scene.store.rollback(TENANT, self._chance.randint(1, 3))
