"""`kanvoy` as a process of its own, as an operator starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]

_PATIENCE = 90.0
"""Seconds a start may take on a loaded machine."""


@dataclass
class Running:
    """A server that answers."""

    process: subprocess.Popen[str]
    address: str
    output: Path

    def stop(self) -> int:
        """Ask it to end; answers the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)


def environment(**settings: str) -> dict[str, str]:
    """Our environment without settings of ours, with these."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("KANVOY_")}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


def kanvoy(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one chore to its end, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def launch(*arguments: str, folder: Path, port: int, **settings: str) -> Running:
    """Start a server; it may not answer yet. What it says is in the folder's output."""
    output = folder / "output.txt"
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *arguments, "--port", str(port)],
            cwd=folder,
            env=environment(**settings),
            stdout=sink,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Running(process, f"http://127.0.0.1:{port}", output)


@contextmanager
def running(*arguments: str, folder: Path, **settings: str) -> Iterator[Running]:
    """A server on a free port of this machine, ended at the end."""
    server = launch(*arguments, folder=folder, port=free_port(), **settings)
    try:
        wait_until_ready(server)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(server: Running) -> None:
    until = time.monotonic() + _PATIENCE
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until:
            if server.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{server.output.read_text()}")
            try:
                if client.get(f"{server.address}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.output.read_text()}")
