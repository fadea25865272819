"""X4: nodes, PostgreSQL and Valkey are killed under load, and SQLite loses its power.

Every fault is a SIGKILL at a moment that the seed draws. What was killed is away for some seconds,
others go meanwhile, and it comes back where it was: a node as its supervisor would start it,
PostgreSQL on its data folder, Valkey empty. Commands are answered as busy then, or wait.
"""

import asyncio
import random
from collections import Counter
from typing import Literal, assert_never

import msgspec

from tests.experiments.at_work import TORN, play
from tests.experiments.black_box import found
from tests.experiments.history import History
from tests.experiments.power_cuts import Image, findings, images
from tests.experiments.registry import Experiment, Request, Result
from tests.experiments.two_nodes import Installation, Node
from tests.support.mortal import Mortal

Fault = Literal["node", "postmaster", "valkey", "flush"]

_PAUSE = (0.5, 2.5)
"""Seconds from one fault to the next, at least and at most."""

_AWAY = (0.2, 4.0)
"""Seconds that what was killed stays away, at least and at most."""

_NODE_AWAY = (0.1, 1.0)
"""The same for a node, which needs some seconds to start."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is broken."""

    nodes: int
    postmasters: int
    valkeys: int
    flushes: int
    images: int

    @property
    def faults(self) -> list[Fault]:
        """All faults, in no order."""
        nodes: list[Fault] = ["node"] * self.nodes
        engines: list[Fault] = ["postmaster"] * self.postmasters
        bus: list[Fault] = ["valkey"] * self.valkeys
        flushes: list[Fault] = ["flush"] * self.flushes
        return nodes + engines + bus + flushes


def planned(kills: int) -> Plan:
    """So many kills of nodes, and the rest in proportion, never nothing."""
    quarter = -(-kills // 4)
    return Plan(
        nodes=kills, postmasters=quarter, valkeys=quarter, flushes=quarter, images=20 * kills
    )


class Faults:
    """Plays the faults of a plan in an order and at moments of the seed's."""

    def __init__(self, plan: Plan, seed: int) -> None:
        """Draw the order."""
        self.are_over = False
        self.played: Counter[Fault] = Counter()
        self.died: dict[str, None] = {}
        """Nodes that ended although nobody killed them."""
        self._dice = random.Random(seed)
        self._faults = plan.faults
        self._dice.shuffle(self._faults)
        self._away: dict[str, asyncio.Lock] = {}

    async def __call__(self, installation: Installation) -> None:
        """One after the other; what was killed comes back while the next one goes."""
        try:
            async with asyncio.TaskGroup() as coming_back:
                for fault in self._faults:
                    await asyncio.sleep(self._dice.uniform(*_PAUSE))
                    installation.road.tear(self._dice, TORN)
                    await self._play(fault, installation, coming_back)
                    self.played[fault] += 1
                    self._look(installation)
            self._look(installation)
        finally:
            self.are_over = True

    async def _play(
        self, fault: Fault, installation: Installation, coming_back: asyncio.TaskGroup
    ) -> None:
        """One fault, once what it hits is back from the one before."""
        match fault:
            case "node":
                node = self._dice.choice(installation.nodes)
                await self._gone(node.name).acquire()
                self._look(installation)
                await asyncio.to_thread(node.kill)
                coming_back.create_task(self._start(node, node.name, _NODE_AWAY))
            case "postmaster":
                await self._gone(fault).acquire()
                await asyncio.to_thread(installation.postgres.kill)
                coming_back.create_task(self._start(installation.postgres, fault, _AWAY))
            case "valkey":
                await self._gone(fault).acquire()
                await asyncio.to_thread(installation.valkey.kill)
                coming_back.create_task(self._start(installation.valkey, fault, _AWAY))
            case "flush":
                async with self._gone("valkey"):
                    await asyncio.to_thread(installation.valkey.valkey.empty)
            case _:
                assert_never(fault)

    def _gone(self, name: str) -> asyncio.Lock:
        return self._away.setdefault(name, asyncio.Lock())

    async def _start(self, killed: Node | Mortal, name: str, away: tuple[float, float]) -> None:
        await asyncio.sleep(self._dice.uniform(*away))
        await asyncio.to_thread(killed.start)
        self._gone(name).release()

    def _look(self, installation: Installation) -> None:
        for node in installation.nodes:
            if node.has_died:
                self.died[f"{node.name} ended by itself"] = None


def played(plan: Plan, seed: int, workers: int) -> Result:
    """All faults of a plan, then its images."""
    faults = Faults(plan, seed)
    history = asyncio.run(play(seed, lambda: not faults.are_over, faults))
    history.faults += faults.died
    return _result(faults.played, history, images(seed, plan.images, workers), seed)


def _result(played: Counter[Fault], history: History, cuts: list[Image], seed: int) -> Result:
    return Result(
        counts={
            "node kills": played["node"],
            "postmaster kills": played["postmaster"],
            "Valkey kills": played["valkey"],
            "flushes": played["flush"],
            "applied": len(history.written),
            "stale": len(history.refused),
            "asked again": history.asked_again,
            "reads": len(history.reads),
            "images": len(cuts),
            "batches in them": sum(each.acknowledged for each in cuts),
        },
        bad="lost, doubled or out of order",
        findings=(*found(history, seed), *findings(cuts)),
    )


def run(request: Request) -> Result:
    """So many kills of nodes and what belongs to them."""
    return played(planned(request.count), request.seed, request.workers)


X4 = Experiment(name="X4", title="kills", counts={"pr": 10, "release": 300}, run=run)
