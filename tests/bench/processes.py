"""Servers and load generators as processes of their own, each on its core, none left behind."""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]

_PATIENCE = 300.0
"""Seconds for one load; the longest takes a tenth of it on a quiet machine."""

SERVER_CORE, LOAD_CORE = 0, 1

_DIE_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""

PRECEDENCE = "KANVOY_TEST_PRECEDENCE"
"""Set: ask the kernel to run benches before other sessions' programs. Needs Linux and root."""

_complaints: dict[int, IO[str]] = {}
"""What each process wrote to its standard error."""


class Served:
    """A server process that said where it listens."""

    def __init__(self, process: "subprocess.Popen[str]", said: dict[str, Any]) -> None:
        """Hold a running one."""
        self.process = process
        self.port: int = said["port"]
        self.control: int = said["control"]
        self.pid: int = said.get("pid", process.pid)
        self.path: str = said.get("path", "/board")

    @property
    def target(self) -> dict[str, Any]:
        """What a load needs to know of it."""
        place = {"port": self.port, "control": self.control}
        return {**place, "pid": self.pid, "path": self.path}


@contextmanager
def serving(module: str, spec: dict[str, Any]) -> Iterator[Served]:
    """A server module in its own process on its own core, ended at the end."""
    process = _start(module, spec, SERVER_CORE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{module} did not start: {process.wait(10)}: {_said(process)}")
        yield Served(process, json.loads(line))
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def load(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Run a load on the other core; answers what it measured."""
    process = _start("tests.bench.load", {"kind": kind, **spec}, LOAD_CORE)
    try:
        said, _ = process.communicate(timeout=_PATIENCE)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"the load {kind} failed: {_said(process)}")
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    return answer


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process; nanoseconds where the kernel tells them.

    Counted per scheduling, so another program on the same core does not show, but for its
    traces in the caches.
    """
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
                total += int(stat.read().split()[0])
    except FileNotFoundError:
        return _ticks(pid)
    return total / 1e9


def main_thread_seconds(pid: int) -> float:
    """The same for the first thread alone: the event loop, without SQLite's writing thread."""
    with open(f"/proc/{pid}/task/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def _ticks(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start(module: str, spec: dict[str, Any], core: int) -> "subprocess.Popen[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KANVOY_")}
    # A peer that is killed while it sends complains thousandfold: shown only when asked.
    complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the process
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(spec)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        start_new_session=True,
        preexec_fn=_pin(core),  # noqa: PLW1509 - no threads here
    )
    _complaints[process.pid] = complaints
    return process


def _said(process: "subprocess.Popen[str]") -> str:
    complaints = _complaints[process.pid]
    complaints.seek(0)
    return complaints.read()[-2_000:]


def dying_with_parent() -> None:
    """In a new process: whatever ends the bench, a time-out of its test too, ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def memory_kb(pid: int) -> int:
    """What a process holds of its own, in KB: without the pages it shares with files."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def raise_descriptors() -> int:
    """Let this process and its children open as many files as the machine grants; that many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _pin(core: int) -> Callable[[], None]:
    def pin() -> None:
        dying_with_parent()
        if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
            os.sched_setaffinity(0, {core})
        if os.environ.get(PRECEDENCE):
            # `nice` weighs only within a session; between sessions the group's number counts.
            Path("/proc/self/autogroup").write_text("-10", encoding="ascii")

    return pin
