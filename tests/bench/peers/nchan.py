"""nginx with nchan: one worker that subscribers reach by WebSocket and publishers by POST.

This process only passes the bench's bytes on, from the load's core; what is measured is nginx.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.peers.install import NCHAN, NGINX, NGINX_FILES
from tests.bench.peers.payload import Payloads
from tests.bench.processes import LOAD_CORE, dying_with_parent
from tests.bench.servers import control

_CONFIGURATION = """
load_module {module};
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  nchan_shared_memory_size 128m;
  nchan_message_buffer_length 32;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location ~ ^/board(\\d+)$ {{
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }}
    location ~ ^/publish(\\d+)$ {{
      nchan_publisher http;
      nchan_channel_id $1;
    }}
  }}
}}
"""


async def main(spec: dict[str, Any], folder: str) -> None:
    """Run nginx until we are killed; it dies with us."""
    port = _free_port()
    nginx = _started(Path(folder), port)
    os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
    reader, writer = await _connected(port)
    payloads = Payloads(spec["bytes"], spec.get("channels", 1))

    def publish() -> None:
        channel, text = payloads.next()
        head = f"POST /publish{channel} HTTP/1.1\r\nHost: b\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write((head + text).encode())

    listening = await control.listen(publish, lambda: {})
    control.ready(port, listening, pid=nginx.pid)
    while await reader.read(65_536):
        """The answers say how many got it; the load counts that itself."""


def _started(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    (folder / NGINX_FILES.decode()).mkdir()
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(module=NCHAN, folder=folder, port=port), encoding="utf-8")
    return subprocess.Popen(
        [str(NGINX), "-c", str(file), "-p", str(folder), "-e", "stderr"],
        preexec_fn=dying_with_parent,  # noqa: PLW1509 - no threads here
    )


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(500):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    raise RuntimeError("nginx does not listen")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with tempfile.TemporaryDirectory(prefix="kanvoy-nchan-") as made:
        asyncio.run(main(json.loads(sys.argv[1]), made))
