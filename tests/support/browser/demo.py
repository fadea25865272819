"""The filled demo as a process of its own, which a test may kill and start again."""

import shutil
import subprocess
import sys
from pathlib import Path

from server.demo_run import fill
from server.settings import Settings
from server.system import SystemClock
from tests.support.process import Running, environment, free_port, wait_until_ready


async def fill_template(folder: Path) -> Path:
    """A data folder with both tenants of the demo, to be copied for each server."""
    await fill(Settings(data=folder), SystemClock().now())
    return folder


class Demo:
    """One server with data of its own, always on the same port."""

    def __init__(self, template: Path, folder: Path) -> None:
        """Nothing runs yet; `folder` is filled from the template."""
        shutil.copytree(template, folder / "data")
        self._folder = folder
        self._port = free_port()
        self._server: Running | None = None

    @property
    def address(self) -> str:
        """The origin a browser opens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        output = self._folder / "output.txt"
        with output.open("a") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "demo", *self._arguments()],
                cwd=self._folder,
                env=environment(KANVOY_DRAIN_SECONDS="1"),
                stdout=sink,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._server = Running(process, self.address, output)
        wait_until_ready(self._server)

    def kill(self) -> None:
        """End it as a power cut would: no farewell, nothing flushed."""
        if self._server is not None:
            self._server.process.kill()
            self._server.process.wait()
            self._server = None

    def _arguments(self) -> tuple[str, ...]:
        return ("--data", str(self._folder / "data"), "--port", str(self._port))
