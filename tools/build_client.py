"""Build the browser client into `server/web/static`, and only when something changed.

Run by the packaging hook and by `make`, so that an edited client never asks for a new
installation. Two stamps save time: the packages are installed anew only when the npm lock
changes (about 10 s saved per edit), and nothing at all happens when no source changed.
"""

import hashlib
import sys
import time
from pathlib import Path

from tools import node

ROOT = Path(__file__).resolve().parent.parent

#: Not sources of the built client.
_FOREIGN = {"node_modules", "python"}


def fingerprint(client: Path) -> str:
    """One hash over the names and contents of all sources."""
    digest = hashlib.sha256()
    for path in sorted(client.rglob("*")):
        relative = path.relative_to(client)
        if _FOREIGN.isdisjoint(relative.parts) and path.is_file():
            digest.update(f"{relative.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_stamped(stamp: Path, wanted: str) -> bool:
    """Whether the last finished run left exactly this stamp."""
    return stamp.exists() and stamp.read_text() == wanted


def install_packages(client: Path) -> None:
    """`npm ci`, unless `node_modules` already is what the lock file says."""
    wanted = hashlib.sha256((client / "package-lock.json").read_bytes()).hexdigest()
    stamp = client / "node_modules" / ".kanvoy-lock"
    if is_stamped(stamp, wanted):
        return
    _npm(client, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted)


def build(root: Path = ROOT) -> bool:
    """Bring the built client up to date; answers whether there was anything to do."""
    client, static = root / "client", root / "server" / "web" / "static"
    install_packages(client)
    wanted, stamp = fingerprint(client), static / ".stamp"
    if is_stamped(stamp, wanted):
        return False
    # Vite empties the folder first, so a build that fails leaves no stamp behind.
    _npm(client, "run", "--silent", "build", "--", "--logLevel", "warn")
    stamp.write_text(wanted)
    return True


def _npm(client: Path, *arguments: str) -> None:
    code = node.run("npm", *arguments, cwd=client)
    if code != 0:
        message = f"npm {' '.join(arguments)} ended with {code}"
        raise SystemExit(message)


def main() -> int:
    """Build, or only install the packages with `--packages`."""
    started = time.monotonic()
    if "--packages" in sys.argv[1:]:
        install_packages(ROOT / "client")
    elif build():
        print(f"client built in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
