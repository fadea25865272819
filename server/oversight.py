"""What whoever runs a node is told: bugs, slow commands, safety, traces, whether it is ready."""

import asyncio
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from structlog import get_logger
from structlog.contextvars import bound_contextvars

from server.application.device_door import DeviceDoor
from server.application.ports import Clock, Fanout, Ids
from server.application.slow import SlowBatch, Slowness
from server.application.submission import Submission
from server.settings import Settings
from server.storage.open import Storage
from server.telemetry.readiness import Dependency, Readiness, State, disk_of
from server.telemetry.security import DeviceRevoked, SecurityLines, UnexpectedError
from server.telemetry.sparing import Sparing

if TYPE_CHECKING:
    from server.telemetry.traces import Traces, Value

_log = get_logger()

_SLOW = "slow command"
_SLOW_LINES = 6
"""A minute and tenant: enough to see what is slow, and no second load on a node that has one."""


class Oversight:
    """Tells the log, and answers who asks."""

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        """Nothing happened yet."""
        self.security = SecurityLines(Sparing(clock.monotonic))
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._sparing = Sparing(clock.monotonic)
        self.traces = _traces(settings.traces_url, clock)

    def report(self, bug: BaseException, **more: str) -> str:
        """Log a bug in full; answers the id under which the log tells it."""
        incident = self._ids.uuid()
        _log.error("bug", incident=incident, exc_info=bug, **more)
        return incident

    def report_alone(self, bug: BaseException) -> str:
        """Log a bug in something that nobody asked for just now."""
        incident = self.report(bug)
        self.security.note(UnexpectedError(door="none", incident=incident))
        return incident

    def report_rule(self, bug: Exception, submission: Submission) -> None:
        """Log a bug in a rule, in the name of the session or the request that met it."""
        actor, door = submission.actor, submission.actor.via
        asked_in = {"request_id" if door == "http" else "session_id": submission.asked_in}
        with bound_contextvars(**(asked_in if submission.asked_in else {})):
            incident = self.report(bug, command=type(submission.command).__name__)
            self.security.note(
                UnexpectedError(
                    door=door if door in {"http", "socket"} else "none",
                    incident=incident,
                    tenant_id=actor.tenant_id,
                    person_id=actor.id,
                )
            )

    async def revoke_leavers(self, devices: DeviceDoor) -> None:
        """Revoke the devices of those who are no longer active, and log each."""
        for tenant_id, device_id in await devices.revoke_leavers():
            event = DeviceRevoked(tenant_id=tenant_id, revoked_id=device_id, why="left")
            self.security.note(event)

    def slowness(self) -> Slowness:
        """From when on commands are slow; each tells a line, but not more than a few a minute.

        With traces every batch is told, and those that are not slow to the traces alone.
        """
        limit = self._settings.slow_command_ms / 1_000 or inf
        traces = self.traces
        if traces is None:
            return Slowness(seconds=limit, tell=self._tell_slow)

        def tell(batch: SlowBatch) -> None:
            _trace(traces, batch)
            if batch.seconds > limit:
                self._tell_slow(batch)

        return Slowness(seconds=-inf, tell=tell)

    async def close(self) -> None:
        """Let go of what is still to be told."""
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)

    def readiness(
        self, storage: Storage, fanout: Fanout, is_leaving: Callable[[], bool]
    ) -> Readiness:
        """Looks at what the node depends on."""

        async def database() -> State:
            # No tenant has an empty name: this asks for one row, by an index.
            await storage.accounts.tenant_by_slug("")
            return "ok"

        async def bus() -> State:
            return "ok" if fanout.whole else "degraded"

        async def node() -> State:
            return "down" if is_leaving() else "ok"

        disk = disk_of(self._settings.data)
        dependencies = (
            Dependency(name="database", look=database, worst="down"),
            # Neither ends the service: moves are kept without pictures, and seen without a bus.
            Dependency(name="disk", look=disk, worst="degraded"),
            Dependency(name="bus", look=bus, worst="degraded"),
            Dependency(name="node", look=node, worst="down"),
        )
        return Readiness(dependencies, self._clock.monotonic)

    def _tell_slow(self, slow: SlowBatch) -> None:
        unsaid = self._sparing.admit(_SLOW, slow.tenant_id, _SLOW_LINES)
        if unsaid is None:
            return
        _log.warning(
            _SLOW,
            tenant_id=slow.tenant_id,
            kinds=slow.kinds,
            count=slow.count,
            ms=_ms(slow.seconds),
            **{f"{stage}_ms": _ms(seconds) for stage, seconds in slow.stages.items()},
            answered=slow.answered,
            unsaid=unsaid,
        )


def _traces(url: str, clock: Clock) -> "Traces | None":
    if not url:
        return None
    # Half a second of loading, for those who want traces.
    from server.telemetry.traces import traces_to  # noqa: PLC0415

    return traces_to(url, clock.now)


def _trace(traces: "Traces", batch: SlowBatch) -> None:
    # OB7
    attributes: dict[str, Value] = {
        "kanvoy.tenant_id": batch.tenant_id,
        "kanvoy.commands": batch.kinds,
        "kanvoy.count": batch.count,
    }
    traces.tell(
        "commands",
        batch.seconds,
        attributes,
        parts=dict(batch.stages.items()),
        failed=not batch.answered,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 1)
