"""One worker of `kanvoy serve --workers N`: serves on sockets that its parent holds.

    python -m server.worker SOCKETS READY FOLDER

The numbers of the inherited sockets, of the pipe that is told when we answer, and the folder where
the workers meet. When the parent is gone, our standard input closes, and we leave too.
"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from server.app import CannotServe, serve
from server.settings import from_environment
from server.system import new_loop


def main(arguments: list[str]) -> int:
    """Serve until asked to leave; answers the exit code."""
    inherited, ready, folder = arguments
    sockets = [socket.socket(fileno=int(number)) for number in inherited.split(",")]
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        try:
            runner.run(_serve(sockets, int(ready), Path(folder)))
        except CannotServe as problem:
            sys.stderr.write(f"kanvoy: {problem}\n")
            return 2
    return 0


async def _serve(sockets: list[socket.socket], ready: int, folder: Path) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _parent_gone)
    for each in sockets:
        each.settimeout(0)

    def opened() -> None:
        os.write(ready, b"1")
        os.close(ready)

    await serve(from_environment(os.environ), sockets, opened, folder)


def _parent_gone() -> None:
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
