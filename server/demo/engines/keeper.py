"""Runs one server and outlives the test process just long enough to stop it.

    python keeper.py FOLDER USER COMMAND…       (an empty USER means: as we are)

The test process holds our standard input. When that closes, because the tests are done or
because their process was killed, we stop the server and remove its folder. No exit hook of a
test process could promise that: Ctrl-C, a time-out or SIGKILL may end it on any line.

A program of its own, with the standard library only: it must start in a few milliseconds.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import threading

_PATIENCE_SECONDS = 10


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask, then insist. To PostgreSQL, SIGINT means: leave now, whoever is connected."""
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(signal.SIGINT)
    try:
        server.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


def stop_with_our_owner(server: subprocess.Popen[bytes]) -> None:
    """Wait until nobody holds our standard input any more."""
    sys.stdin.buffer.read()
    stop(server)


def main() -> int:
    """Serve until the owner goes or the server ends by itself."""
    folder, user, *command = sys.argv[1:]
    server = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        user=user or None,
        extra_groups=[] if user else None,
    )
    threading.Thread(target=stop_with_our_owner, args=(server,), daemon=True).start()
    code = server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
